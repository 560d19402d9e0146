"""``lambdalint`` and ``python -m lambdalint``."""

import sys


def run() -> int:
    """The command line, with an answer to Ctrl-C while its modules are still being loaded."""
    try:
        from lambdalint.cli import main

        return main()
    except KeyboardInterrupt:
        sys.stderr.write("lambdalint: interrupted\n")
        return 130


if __name__ == "__main__":
    sys.exit(run())
