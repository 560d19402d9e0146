"""``lambdalint`` and ``python -m lambdalint``."""

import os
import sys

INTERRUPTED = 130


def run() -> int:
    """The command line. Ctrl-C ends it at once, also while its modules are still being loaded."""
    try:
        from lambdalint.cli import main

        status = main()
    except KeyboardInterrupt:
        sys.stderr.write("lambdalint: interrupted\n")
        status = INTERRUPTED
    if status == INTERRUPTED:
        # a thread may be in the native code of a parser, which crashes if the interpreter goes first
        os._exit(status)
    return status


if __name__ == "__main__":
    sys.exit(run())
