"""One run of the command line: what surrounds it, and how its answers are to be written."""

from jwtool.output.write import OutputOptions, narrate, warn
from jwtool.sources.runtime import Runtime


class Invocation:
    """Travels through the command tree as `ctx.obj`.

    `options` are at first what can be known before the command line is parsed (is --json in it?), then what
    the command's own options say.
    """

    __slots__ = ("options", "runtime")

    def __init__(self, runtime: Runtime, options: OutputOptions) -> None:
        self.runtime = runtime
        self.options = options

    def adopt(self, options: OutputOptions) -> None:
        """Take over the options of the command, and let warnings and --verbose speak."""
        self.options = options
        self.runtime.warn = self.warn
        if options.verbose:
            self.runtime.trace = self.narrate

    def warn(self, sentence: str) -> None:
        """One remark that comes before or after a report, at once, on stderr; none with --json."""
        warn(sentence, self.runtime, self.options)

    def narrate(self, sentence: str) -> None:
        """One sentence of --verbose, at once, on stderr."""
        narrate(sentence, self.runtime, self.options)
