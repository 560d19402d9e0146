"""Options of the test run."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest
from hypothesis import HealthCheck, settings

# No test is timed: a machine with other work to do is no failure.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write fixtures/*/expected.txt and the graphs anew")


def pytest_configure(config: pytest.Config) -> None:
    """Processes that tests start compile lambdalint once for all of them, and leave nothing in the checkout."""
    if "PYTHONPYCACHEPREFIX" not in os.environ:  # workers of xdist have it from the process that starts them
        folder = tempfile.mkdtemp(prefix="lambdalint-bytecode-")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
