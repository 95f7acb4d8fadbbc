from __future__ import annotations

import pytest

from jwtool.cli.shell_words import split

ENVIRON = {"HOME": "/home/u", "KEYS": "/srv/my keys"}
BASH_BREAKS = " \t\n\"'@><=;|&(:"


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("", [""]),
        ("jwtool", ["jwtool"]),
        ("jwtool ", ["jwtool", ""]),
        ("jwtool  verify\t-k\nx", ["jwtool", "verify", "-k", "x"]),
        (r"a\ b c\\d \é", ["a b", r"c\d", "é"]),
        ("""'a "b' "c 'd" e'f'"g"h""", ['a "b', "c 'd", "efgh"]),
        (r'"\$a \"b\" \n \\"', [r'$a "b" \n ' + "\\"]),
        (r"'a\b'", [r"a\b"]),
        ("a '' \"\"", ["a", "", ""]),
        ("'open", ["open"]),
        ('"open ', ["open "]),
        ("half\\", ["half"]),
        ("two\\\nlines", ["twolines"]),
        ("~ ~/k a~/k ~other '~/k'", ["/home/u", "/home/u/k", "a~/k", "~other", "~/k"]),
        ('$KEYS/a ${KEYS}b "$KEYS/c"', ["/srv/my keys/a", "/srv/my keysb", "/srv/my keys/c"]),
        ("'$KEYS' $NONE $", ["$KEYS", "$NONE", "$"]),
        ("$(echo a (b) c) d", ["$(echo a (b) c)", "d"]),
        ("\"$(cat 'x y')\" `a b` c", ["$(cat 'x y')", "`a b`", "c"]),
        ("<(cat x) a$(b", ["<(cat x)", "a$(b"]),
        ("`a b", ["`a b"]),
        ("true; x=1 a | b && jwtool c", ["jwtool", "c"]),
    ],
)
def test_words_are_what_the_shell_would_pass(line: str, values: list[str]) -> None:
    assert [word.value for word in split(line, ENVIRON)] == values


@pytest.mark.parametrize(
    "line", ["a >f b", "a 2> f b", "a <f b", "a &>>f b", "a >| f b", "a <<<f b", "a 2>&f b", "a <>f b"]
)
def test_the_target_of_a_redirection_is_no_argument(line: str) -> None:
    assert [(word.value, word.target) for word in split(line, ENVIRON)] == [("a", False), ("f", True), ("b", False)]


@pytest.mark.parametrize(
    ("word", "replaced"),
    [
        ("plain", "plain"),
        ("env:HO", "HO"),
        ("@pa", "@pa"),
        ("secret:@f", "@f"),
        ("--key=f", "f"),
        ("--key=secret:@f", "@f"),
        ("a:", ""),
        (r"a\:b", r"a\:b"),
        ('"a:b', "a:b"),
        ('a:"b c', "b c"),
        ('@"pa', "pa"),
        ('"x"y', '"x"y'),
        ('a:"x"y', '"x"y'),
        ("x=$HO", "$HO"),
        ("https://x", "//x"),
    ],
)
def test_what_bash_replaces_of_a_word(word: str, replaced: str) -> None:
    """Read off the second argument that bash 5.2 gives a completion function."""
    last = split(f"jwtool {word}", ENVIRON, breaks=BASH_BREAKS)[-1]
    assert last.raw[last.start :] == replaced


@pytest.mark.parametrize(
    ("typed", "rest", "whole"),
    [
        ("a", " b'c\"$d\\e!", r"a\ b\'c\"\$d\\e\!"),
        ("ü", "é.-_@%+=:,/1Z", "üé.-_@%+=:,/1Z"),
        ('"a', " b'c\"$d\\e`", '"a b\'c\\"\\$d\\\\e\\`'),
        ("'a", " b'c\"$d\\e", "'a b'\\''c\"$d\\e"),
        ("a\\", " b", r"a\ b"),
        ("~/", "k", "~/k"),
    ],
)
def test_a_word_goes_on_in_the_quotes_it_began_in(typed: str, rest: str, whole: str) -> None:
    word = split(typed, ENVIRON)[-1]
    assert word.continued(rest) == whole
    assert split(whole, ENVIRON)[-1].value == word.value + rest


def test_each_character_knows_where_it_was_typed() -> None:
    word = split(r'$KEYS/a\ b"c', ENVIRON)[-1]
    assert word.value == "/srv/my keys/a bc"
    assert word.ends == [5] * len("/srv/my keys") + [6, 7, 9, 10, 12]
    assert word.literal == "$KEYS/a bc"


def test_fish_escapes_in_single_quotes() -> None:
    assert [word.value for word in split(r"'it\'s \\ \n'", ENVIRON, fish=True)] == [r"it's \ \n"]
