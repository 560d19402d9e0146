"""``lambdalint`` and ``python -m lambdalint``."""

from __future__ import annotations

import _thread
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED = 130
AGAIN_AFTER = 0.001  # seconds


def run() -> int:
    """The command line. Ctrl-C ends it at once, also while its modules are still being loaded."""
    try:
        import signal

        # unless the one who started it asked for no Ctrl-C, as a shell does for its background
        listens = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if listens:
            signal.signal(signal.SIGINT, interrupt)

        from lambdalint.cli import main

        status = main()
        if listens:
            # all is said: from here on it would only break into the interpreter's own end, with a traceback
            signal.signal(signal.SIGINT, signal.SIG_DFL)
    except KeyboardInterrupt:
        sys.stderr.write("lambdalint: interrupted\n")
        status = INTERRUPTED
    if status == INTERRUPTED:
        # a thread may be in the native code of a parser, which crashes if the interpreter goes first
        os._exit(status)
    return status


def interrupt(_number: int, frame: FrameType | None) -> None:
    """The handler of SIGINT: raise `KeyboardInterrupt`, or do it as soon as no module is being loaded.

    Inside of Python's import system it may be raised in a callback that loses it, and with it the release of the lock
    on imports, for which every other thread would wait forever. Where a class is made, Python before 3.12 tells it as
    another error.
    """
    while frame is not None and frame.f_code is not run.__code__:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            _thread.start_new_thread(_again, (_thread.get_ident(),))
            return
        frame = frame.f_back
    raise KeyboardInterrupt


def _again(thread: int) -> None:
    import signal

    time.sleep(AGAIN_AFTER)
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        signal.pthread_kill(thread, signal.SIGINT)  # which ends a wait as well


if __name__ == "__main__":
    sys.exit(run())
