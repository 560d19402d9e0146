"""LL404: Answer that the runtime cannot turn into JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class UnserializableReturn(Rule):
    """Answer that the runtime cannot turn into JSON.

    What the handler returns is turned into JSON by the runtime, whoever called the function. A set, a date, a UUID, an
    exception or a generator has no JSON: the invocation fails with ``Runtime.MarshalError`` although all of the code
    has run, and a source that delivers again repeats what it did.

    The runtime's encoder is more than ``json.dumps``: it takes ``decimal.Decimal``, named tuples, and bytes that are
    UTF-8, also inside a structure; none of them is reported.

    Triggers:
        1. [set] A set, by itself or inside of what is returned.
        2. [value] A date, time, UUID or another object that has no JSON.
        3. [exception] An exception that was caught.
        4. [generator] The handler is a generator, or returns one or another iterator.

    Exemptions:
        1. [decorated] A decorator other than Powertools' may change what is returned.
        2. [wrapper] A wrapper script may start the function (``AWS_LAMBDA_EXEC_WRAPPER``).

    Remedy:
        Return lists, strings and numbers: ``sorted(ids)``, ``when.isoformat()``, ``str(error)``.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html#python-handler-return
        - https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/lambda_runtime_marshaller.py
    """

    code = "LL404"
    name = "unserializable-return"
    tags = ("correctness",)
    why = "The invocation fails with Runtime.MarshalError after all of its work is done."
    remedy = "Return what JSON has: a list for a set, isoformat() of a date, str() of an exception or UUID."
    wants = Wanted(
        entry_points=True,
        words=(
            *("set(", " for ", "map(", "filter(", "zip(", "range(", "reversed(", "enumerate(", "iter(", "yield"),
            *("datetime", "dateutil", "uuid", "pathlib", "complex(", "bytearray", "memoryview", "requests", "urlopen"),
            "except ",
        ),
    )

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each return statement whose value has no JSON."""
        for item in function.unserializable():
            under = f", under {'.'.join(item.keys)}" if item.keys else ""
            yield self.finding(
                item.location, f"{item.what} cannot be turned into JSON: it is returned{under}", function=function.name
            )
