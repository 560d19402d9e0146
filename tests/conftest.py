"""Options of the test run."""

from __future__ import annotations

import itertools
import os

import pytest
from hypothesis import HealthCheck, settings

# No test is timed: a machine with other work to do is no failure.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# Hundreds of processes that tests start would compile lambdalint anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write fixtures/*/expected.txt and the graphs anew")


@pytest.fixture(scope="session")
def caches(tmp_path_factory):
    """Places for caches, none of which is there yet."""
    base = tmp_path_factory.mktemp("caches")
    return (str(base / str(number)) for number in itertools.count())


@pytest.fixture(autouse=True)
def _own_cache(caches, monkeypatch):
    """Each test has a cache of its own: nothing is written to the developer's, and no test sees another's results."""
    monkeypatch.setenv("LAMBDALINT_CACHE_DIR", next(caches))
