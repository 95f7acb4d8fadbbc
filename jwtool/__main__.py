"""`python -m jwtool`."""

from jwtool.cli.main import main

main()
