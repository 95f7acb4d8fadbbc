"""Numbers in sentences: this file is where a count gets its noun."""


def counted(number: int, noun: str) -> str:
    """The number with its noun, in the plural unless it is one: `1 key`, `2 keys`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
