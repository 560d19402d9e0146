"""lambdalint as its console script starts it: what lies in the working directory is not on the path."""

import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from lambdalint.__main__ import run  # noqa: E402  not before the path is right

sys.exit(run())
