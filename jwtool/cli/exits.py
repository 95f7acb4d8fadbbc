"""The only map from outcomes to exit codes."""

from jwtool.jose.errors import InputError, JwtoolError, KeyRefused, NetworkError, UsageError, WriteError

YES = 0
NO = 1
BUG = 70
INTERRUPTED = 130
TERMINATED = 143

BY_FAMILY: dict[type[JwtoolError], int] = {
    UsageError: 2,
    InputError: 3,
    KeyRefused: 4,
    NetworkError: 5,
    WriteError: 6,
}


def exit_code(error: JwtoolError) -> int:
    """The exit code of the family that `error` belongs to; 70 for one without a family."""
    return next((code for family, code in BY_FAMILY.items() if isinstance(error, family)), BUG)
