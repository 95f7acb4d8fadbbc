# The commands of this project, by name; `just` lists them.
# The tools are those of the active virtual environment, else of .venv.

bin := env("VIRTUAL_ENV", justfile_directory() / ".venv") / "bin"

[private]
default:
    @"{{ just_executable() }}" --list

# linters, types, layers, dependencies, derived files
check:
    "{{ bin }}/ruff" check
    "{{ bin }}/ruff" format --check
    "{{ bin }}/mypy"
    "{{ bin }}/lint-imports"
    "{{ bin }}/deptry" .
    "{{ bin }}/python" -m jwtool.cli.docs check

# all tests on every core, or some: just test tests/jose -k exp
test *arguments:
    "{{ bin }}/python" -m pytest -n auto {{ arguments }}

# all tests, and which lines and branches of the package they do not reach
cover *arguments:
    "{{ bin }}/coverage" run -m pytest -n auto {{ arguments }}
    "{{ bin }}/coverage" combine --quiet
    "{{ bin }}/coverage" report

# mend what linters can mend
fix:
    "{{ bin }}/ruff" check --fix
    "{{ bin }}/ruff" format

# write the derived files: completions and tables
gen:
    "{{ bin }}/python" -m jwtool.cli.docs write

# a wheel in dist/
build:
    "{{ bin }}/python" -m pip wheel --quiet --no-deps --wheel-dir dist .

# how long commands take to start, beside python -c pass
bench-start *runs:
    "{{ bin }}/python" tests/bench/start.py {{ runs }}
