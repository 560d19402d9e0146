"""LL410: Logging that is set up by basicConfig, which does nothing on Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView

_LOST = {
    "level": "its level is not set, and what is logged below WARNING is dropped",
    "format": "its format and handlers are not used",
}


class LoggingBasicconfigNoop(Rule):
    """Logging that is set up by basicConfig, which does nothing on Lambda.

    ``logging.basicConfig`` does nothing where the root logger has a handler. The runtime adds one before it imports the
    handler's module, for the text format and for JSON. So the root logger keeps its level, WARNING, and all that
    ``info`` and ``debug`` log is dropped, although it is shown where the code runs by itself.

    Triggers:
        1. [level] ``basicConfig`` with a level below WARNING, or a computed one, at import or in what is run.
        2. [format] ``basicConfig`` with a format, handlers or a stream of its own.

    Exemptions:
        1. [force] ``force=True``, which removes the handlers first.
        2. [set] The code sets the level of the root logger, or of its own one, by ``setLevel``.
        3. [handlers] The code looks at handlers or removes them, or sets logging up in another way as well.
        4. [guarded] The call is under a condition, such as one for runs from the command line.
        5. [default] What is asked for is what the root logger does anyway: a level from WARNING on, or nothing.
        6. [quiet] Nothing is logged below a warning.
        7. [template] The template sets the level, or the format JSON, with which it is INFO.

    Remedy:
        ``logging.getLogger().setLevel(logging.INFO)`` sets the level and leaves the runtime's handler, which adds the
        request's id to each entry. For a format of your own, ``basicConfig(…, force=True)``.

    References:
        - https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py
        - https://docs.python.org/3/library/logging.html#logging.basicConfig
        - https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    """

    code = "LL410"
    name = "logging-basicconfig-noop"
    tags = ("observability",)
    why = "The runtime has given the root logger a handler: nothing changes, and info and debug are dropped."
    remedy = "Set the level by logging.getLogger().setLevel, or pass force=True."
    wants = Wanted(entry_points=True, words=("basicConfig",))

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each call that is made in any case and has no effect."""
        for item in function.ineffective_logging():
            yield self.finding(
                item.place,
                f"basicConfig does nothing here, the root logger has a handler: {_LOST[item.lost]}",
                function=item.scope,
                chains=(item.chain,),
            )
