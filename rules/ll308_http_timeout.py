"""LL308: An HTTP call that may wait for longer than the function lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import SiteView


class HttpTimeout(Rule):
    """An HTTP call that may wait for longer than the function lives.

    ``requests``, ``urllib``, ``urllib3`` and ``http.client`` wait for ever unless they are told otherwise. A server
    that accepts the connection and never answers then holds the invocation until Lambda kills it: all of its
    timeout is billed, no handler of the code runs, and the event is delivered again to the same fate.

    What the libraries do by themselves is data (``http.toml``); boto3 and httpx have finite defaults.

    Triggers:
        1. [missing] A call of ``requests``, ``urllib``, ``urllib3`` or ``http.client`` without a timeout.
        2. [session] The same through a session, pool or connection that has none either.
        3. [none] ``timeout=None``, on any library, on the call or on its client.
        4. [caller] A helper passes on what its caller leaves out.
        5. [default] A default that is longer than the function's timeout in its template (aiohttp: 300 s).

    Exemptions:
        1. [timeout] A timeout is given: on the call, by a default of the helper, in a dict.
        2. [session] One on the pool or client that the call goes through.
        3. [adapter] A subclass of its session sets one, or an adapter or a replaced method of that very session.
        4. [process] ``socket.setdefaulttimeout``, for the libraries that heed it.
        5. [library] The library's own default is short.
        6. [undecided] A value that is not known before the function runs.
        7. [branch] A branch that no caller takes.
        8. [tests] Test files.

    Remedy:
        Give each call a timeout well below the function's own, such as ``timeout=(3, 10)`` with requests.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
        - https://requests.readthedocs.io/en/latest/user/advanced/#timeouts
        - https://urllib3.readthedocs.io/en/stable/user-guide.html#using-timeouts
        - https://docs.aiohttp.org/en/stable/client_quickstart.html#timeouts
    """

    code = "LL308"
    name = "http-timeout"
    tags = ("reliability", "cost")
    why = "A server that never answers holds the invocation until Lambda kills it, and all of that time is billed."
    remedy = "Give the call a timeout well below the function's own."
    wants = Wanted(tables=("http.operations",))

    def check_site(self, site: SiteView) -> Iterable[Finding]:
        """A finding for a call whose wait nothing bounds on some route."""
        patience = site.patience()
        if patience is None:
            return
        if patience.reason == "default":
            message = (
                f"{patience.label} has no timeout: the default of {patience.default_s:g} s is longer than "
                f"the function's {patience.timeout_s:g} s"
            )
        elif patience.reason == "none":
            message = f"{patience.label} waits for ever: its timeout is None"
        else:
            message = f"{patience.label} has no timeout"
        yield self.finding(site.location, message, function=site.function, chains=site.chains(patience.verdict))
