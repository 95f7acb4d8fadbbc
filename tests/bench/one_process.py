"""Run one command and write what it took to a file descriptor: `one_process.py FD ARGV…`.

A process of its own, started with `-I -S`, because Linux counts the memory of the starting process to the peak of the
started one: this file is what keeps that small. Standard streams go to the command.
"""

import json
import os
import signal
import sys
import time

GIVEN_UP = 60  # seconds


def main(descriptor: int, argv: list[str]) -> None:
    """Measure `argv`: wall seconds, processor seconds, peak resident memory in KiB, exit code (negative: a signal)."""
    start = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, os.environ)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
    signal.alarm(GIVEN_UP)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    signal.alarm(0)
    facts = {
        "wall": seconds,
        "processor": usage.ru_utime + usage.ru_stime,
        "kibibytes": usage.ru_maxrss,
        "code": os.waitstatus_to_exitcode(status),
    }
    os.write(descriptor, json.dumps(facts).encode())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
