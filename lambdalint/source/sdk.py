"""Clients of the AWS SDK: how long one waits for an answer, and how often it asks, as far as the code sets that.

What holds where nothing is set is data (``timeouts.toml``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdalint.data import table
from lambdalint.records import NamedTuple
from lambdalint.source.makers import makers
from lambdalint.source.reduction import ABSENT, alternatives, constants

if TYPE_CHECKING:
    from lambdalint.model import Function
    from lambdalint.source.flow import Flow
    from lambdalint.source.lower import Term
    from lambdalint.source.makers import Maker

CLIENTS = frozenset({"boto3.client", "aioboto3.client", "aiobotocore.client", "botocore.client"})
CONFIG = "botocore.config.Config"


class Bounds(NamedTuple):
    """What a client does about a call that is not answered.

    ``read_s`` is how many seconds it waits for each answer, ``attempts`` how often it asks at least (None: what the SDK
    does by itself); ``written`` tells that the code sets how long it waits.
    """

    read_s: float
    attempts: int | None = None
    written: bool = False

    def least_attempts(self, function: Function) -> int:
        """How often it asks at least when ``function`` uses it: a variable of the template may say so as well."""
        if self.attempts is not None:
            return self.attempts
        environment = function.value("environment")
        written = function.variables.get("AWS_MAX_ATTEMPTS")
        if written is None:
            return 1 if environment.unknown else int(table("timeouts")["sdk"]["attempts"])
        return int(written.value) if written.known and str(written.value).isdecimal() else 1


def bounds(flow: Flow, client: Maker) -> tuple[Bounds, ...]:
    """The bounds of each client that an expression may stand for; () where any of it is not seen."""
    found = []
    for path, scope, made in makers(flow, client, CLIENTS) or ():
        given = dict(made[3])
        if "**" in given:
            return ()
        config = flow.reduction.expr(path, scope, given["config"]) if "config" in given else ABSENT
        for part in alternatives(config):
            read = config_bounds(part)
            if read is None:
                return ()
            found.append(read)
    return tuple(found)


def config_bounds(config: Term) -> Bounds | None:
    """What a reduced ``config`` argument says; None where that cannot be told."""
    default = float(table("timeouts")["sdk"]["read_timeout_s"])
    if config in (ABSENT, ("const", None)):
        return Bounds(default)
    if config[:2] != ("made", CONFIG):
        return None
    given: dict[Any, Term] = dict(config[2])
    if any(name == "**" or type(name) is int for name in given):
        return None
    written = constants(given.get("read_timeout", ABSENT))
    if written is None or (written[1] and written[0]) or len(set(written[0])) > 1:
        return None
    attempts = _attempts(given.get("retries", ABSENT))
    if written[1]:
        return Bounds(default, attempts)
    seconds = written[0][0]
    return Bounds(float(seconds), attempts, True) if type(seconds) in (int, float) else None


def _attempts(retries: Term) -> int | None:
    """How often the client asks at least by ``retries``; None where it leaves that to the SDK."""
    if retries in (ABSENT, ("const", None)):
        return None
    if retries[0] != "dict":
        return 1
    given = {key[1] if key[0] == "const" else None: constants(tuple(value)) for key, value in retries[1]}
    if None in given:
        return 1
    for name, first in (("total_max_attempts", 0), ("max_attempts", 1)):
        if name in given:
            told = given[name]
            numbers = [value for value in told[0] if type(value) is int] if told is not None and not told[1] else []
            return min(numbers) + first if told is not None and numbers and len(numbers) == len(told[0]) else 1
    return None
