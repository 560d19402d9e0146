"""Known vulnerabilities of exact versions, asked of PyPI or OSV by pip-audit. The only module that uses the network.

pip-audit has no public interface: its services and their types are used, which are handed a name and a version and read
the answers, and nothing of it that resolves, builds or installs. What it takes for clean and is not is caught here: an
index that does not know a version (a mirror), one that answers without a word on vulnerabilities, an answer that is cut
off. Such a version is not audited, with the reason.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterable, Sequence

from lambdalint.errors import UsageError
from lambdalint.patterns import regex
from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from requests import Response

PYPI_URL = "https://pypi.org/pypi"
OSV_URL = "https://api.osv.dev/v1/query"
SERVICES = ("pypi", "osv")
TIMEOUT_S = 15  # for one answer
FAILURES = 3  # in a row, after which a service is asked nothing more
ASKED_LIMIT = 10_000  # versions of one run; the lock of a large workspace has 1,000
ANSWER_LIMIT = 32 << 20  # bytes of one answer
SUMMARY = 200  # characters of a description
SHOWN = 60  # characters of a name or version that is shown; what a hostile file calls one may be a book
_HINTS = {"SSLError": ": its certificate is not trusted here", "ProxyError": " through the proxy"}
_NAME = regex(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?\Z")
_ID = regex(r"[A-Za-z0-9][\w.-]{1,80}$")
_LINKS = (
    ("GHSA-", "https://github.com/advisories/{}"),
    ("CVE-", "https://www.cve.org/CVERecord?id={}"),
    ("", "https://osv.dev/vulnerability/{}"),
)

Progress = Callable[[str, int, int], None]


class Service(NamedTuple):
    """Whom to ask: ``pypi`` or ``osv``, at which address ("": its own), and how many seconds to wait."""

    name: str = "pypi"
    url: str = ""
    timeout_s: float = TIMEOUT_S

    @property
    def address(self) -> str:
        """Where it is asked."""
        return self.url or (OSV_URL if self.name == "osv" else PYPI_URL)

    @property
    def shown(self) -> str:
        """The address without the name and password that it may hold, for what is printed and kept."""
        scheme, slashes, rest = self.address.partition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{path}"


class Vulnerability(NamedTuple):
    """One advisory. ``fixed`` are the versions that it names, ascending, also older ones; ``link`` may be ""."""

    id: str
    aliases: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    summary: str = ""
    link: str = ""


class Answer(NamedTuple):
    """What is known of one version. ``reason`` says why it was not audited, or not wholly; "" where it was.

    ``failed`` tells that the service is to blame: another time it may answer. ``unknown`` tells that it did answer, and
    does not know the version.
    """

    vulnerabilities: tuple[Vulnerability, ...] = ()
    reason: str = ""
    failed: bool = False
    unknown: bool = False


class _Unusable(Exception):
    """An answer that says nothing about vulnerabilities. ``str()`` is the reason."""


def ask(
    wanted: Iterable[tuple[str, str]], service: Service, progress: Progress | None = None
) -> dict[tuple[str, str], Answer]:
    """What a service knows of distributions, by name (normalized) and version.

    Where it fails several times in a row it is given up, and what is left counts as not asked.
    """
    from packaging.version import Version

    found: dict[tuple[str, str], Answer] = {}
    numbers: dict[tuple[str, Version], list[tuple[str, str]]] = {}  # 1.0 and 1.0.0 are one version
    for name, version in wanted:
        if not _NAME.match(name):  # it becomes a part of an address
            found[name, version] = Answer(reason=f"'{brief(name)}' is no name of a distribution")
            continue
        try:
            numbers.setdefault((name, Version(version)), []).append((name, version))
        except ValueError:  # InvalidVersion is one, and so is a number of too many digits
            found[name, version] = Answer(reason=f"'{brief(version)}' is no version that can be compared")
    client = _Client(service) if numbers else None
    failures, last = 0, ""
    for done, ((name, number), spelt) in enumerate(numbers.items()):
        if progress is not None:
            progress(f"asking {service.name}", done, len(numbers))
        assert client is not None
        if done >= ASKED_LIMIT:
            answer = Answer(reason=f"one run asks about {ASKED_LIMIT:,} versions at most")
        elif failures < FAILURES:
            answer = client.answer(name, number)
            failures = failures + 1 if answer.failed else 0
            last = answer.reason
        else:
            answer = Answer(reason=f"{last}; given up after {FAILURES} failures in a row", failed=True)
        found.update(dict.fromkeys(spelt, answer))
    return found


def brief(text: str) -> str:
    """A name or version as it is shown."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


class _Client:
    """One service of pip-audit's, with a session of ours: no cache on disk, and answers that are looked at first."""

    def __init__(self, service: Service) -> None:
        pip_audit = _services()
        self._types = pip_audit
        self._service = service
        # a directory that is given keeps it from asking pip for one; nothing is written, for the session is replaced
        options: dict[str, Any] = {"cache_dir": _Nowhere(), "timeout": service.timeout_s}
        if service.name == "osv":
            self._asked = pip_audit.OsvService(osv_url=service.address, **options)
        else:
            self._asked = pip_audit.PyPIService(**options)
        self._where = f"{service.name} ({service.shown})"
        self._late = Answer(reason=f"{self._where} did not answer within {service.timeout_s:g} s", failed=True)
        self._asked.session = _Session(service)

    def answer(self, name: str, version: Any) -> Answer:
        """What the service says of one version, within the time that it has. Nothing that it does raises.

        requests limits each wait by itself, and no look-up of a name: an answer that comes byte by byte takes for ever.
        So it waits on a thread, which is left alone when the time is up.
        """
        import threading

        session = self._asked.session
        found: list[Answer] = []
        thread = threading.Thread(target=lambda: found.append(self._answer(name, version, session)), daemon=True)
        thread.start()
        thread.join(self._service.timeout_s)
        if not found:
            self._asked.session = _Session(self._service)
        return found[0] if found else self._late

    def _answer(self, name: str, version: Any, session: _Session) -> Answer:
        import requests

        where = self._where
        try:
            dependency, results = self._asked.query(self._types.ResolvedDependency(name, version))
            if dependency.is_skipped():
                return Answer(reason=f"{self._service.shown} does not know this version", unknown=True)
            found = merged([_plain(item) for item in results])
        except (requests.Timeout, self._types.ConnectionError):
            return self._late
        except requests.ConnectionError as error:
            return Answer(reason=f"{where} cannot be reached{_HINTS.get(type(error).__name__, '')}", failed=True)
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
            reason = "the address, or that of the proxy, is none that can be used"
            return Answer(reason=f"{where} cannot be asked: {reason}", failed=True)
        except _Unusable as error:
            return Answer(reason=f"{where} {error}")
        except self._types.ServiceError as error:
            status = getattr(getattr(error.__cause__, "response", None), "status_code", None)
            told = f"answered with status {status}" if status else "gave an answer that cannot be read"
            return Answer(reason=f"{where} {told}", failed=True)
        except Exception as error:  # noqa: BLE001  pip-audit reads whatever comes, and raises what Python does
            if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
                reason = "the file that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names cannot be read"
                return Answer(reason=f"{where} cannot be asked: {reason}", failed=True)
            kind = type(error).__name__
            return Answer(reason=f"{where} gave an answer that cannot be read ({kind})", failed=True)
        if session.cut:
            return Answer(found, f"{where} gave an answer of which a part cannot be read")
        return Answer(found)


class _Nowhere:
    """Stands for a directory."""

    def __str__(self) -> str:
        return "/nonexistent"


def _services() -> Any:
    """pip-audit's services, without pip.

    They ask pip-api for the version of pip, which runs ``python -m pip`` in the working directory: what lies there
    under the name of pip would be run. Only a cache that is not used here wants to know.
    """
    import logging

    logging.getLogger("pip_audit").addHandler(logging.NullHandler())  # else what it notes is printed
    name = "pip_api"
    known = sys.modules.get(name)
    if known is None:
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].PIP_VERSION = "0"  # type: ignore[attr-defined]  # of no module in general
    try:
        import pip_audit._service  # type: ignore[import-untyped]  # it has annotations, and does not say so
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise UsageError(f"pip-audit cannot be loaded ({reason}); install lambdalint anew, and set HOME") from error
    finally:
        if known is None:
            del sys.modules[name]
    return pip_audit._service  # noqa: SLF001  all of it is private


class _Session:
    """What pip-audit sends its questions with: to where it is told, for answers that say something."""

    def __init__(self, service: Service) -> None:
        import requests

        from lambdalint import __version__

        self._service = service
        self._key = "vulnerabilities" if service.name == "pypi" else "vulns"
        self._session = requests.Session()
        self._session.max_redirects = 5
        self._session.headers["User-Agent"] = f"lambdalint/{__version__}"
        self.cut = False  # whether there is more to the last answer than pip-audit reads

    def get(self, url: str, timeout: float) -> Response:
        """A question to PyPI."""
        import requests

        url = self._service.address.rstrip("/") + url.removeprefix(PYPI_URL)
        try:
            return self._checked(self._session.get(url, timeout=timeout, stream=True))
        except requests.TooManyRedirects:
            raise _Unusable("redirects without end") from None

    def post(self, url: str, data: str, timeout: float) -> Response:
        """A question to OSV."""
        return self._checked(self._session.post(url, data=data, timeout=timeout, stream=True))

    def _checked(self, response: Response) -> Response:
        import io

        import requests

        whole = requests.Response()
        for name in ("status_code", "headers", "url", "reason", "encoding"):
            setattr(whole, name, getattr(response, name))
        whole.raw = io.BytesIO(self._read(response))
        if whole.ok:
            answer = whole.json()
            told = answer.get(self._key) if isinstance(answer, dict) else None
            if type(told) is not list and not (self._service.name == "osv" and answer == {}):
                raise _Unusable("answers without a word on vulnerabilities, as a mirror may")
            self.cut = bool(answer.get("next_page_token")) or any(map(_passed_over, told or ()))
        return whole

    def _read(self, response: Response) -> bytes:
        parts, size = [], 0
        try:
            for part in response.iter_content(1 << 16):
                parts.append(part)
                size += len(part)
                if size > ANSWER_LIMIT:
                    raise _Unusable(f"gave an answer of more than {ANSWER_LIMIT:,} bytes")
        finally:
            response.close()
        return b"".join(parts)


def _passed_over(item: Any) -> bool:
    """Whether pip-audit leaves an advisory out although it holds: one of OSV in a later schema, or of no package."""
    if not isinstance(item, dict) or item.get("withdrawn") or "fixed_in" in item:
        return False
    return item.get("affected") is None or not str(item.get("schema_version", "1.")).startswith("1.")


def _plain(item: Any) -> Vulnerability:
    """A result of pip-audit's as plain data. The text of an advisory may be pages of Markdown."""
    name = str(item.id)
    words = " ".join(str(item.description).split())
    summary = words if len(words) <= SUMMARY else words[: SUMMARY + 1].rpartition(" ")[0] + "..."
    return Vulnerability(
        id=name,
        aliases=tuple(sorted(map(str, item.aliases))),
        fixed=tuple(map(str, item.fix_versions)),
        summary="" if summary == "N/A" else summary,
        link=next(link.format(name) for start, link in _LINKS if name.startswith(start)) if _ID.match(name) else "",
    )


def merged(found: Sequence[Vulnerability]) -> tuple[Vulnerability, ...]:
    """Each vulnerability once: those that share an id are the same, and one that PyPA numbered stands for others."""
    groups: list[list[Vulnerability]] = []
    for item in found:
        own = {item.id, *item.aliases}
        same = [group for group in groups if any(own & {other.id, *other.aliases} for other in group)]
        groups = [group for group in groups if group not in same]
        groups.append([other for group in same for other in group] + [item])
    made = []
    for group in groups:
        ranked = sorted(group, key=lambda item: (not item.id.startswith("PYSEC-"), item))
        first = ranked[0]
        names = {name for other in ranked for name in (other.id, *other.aliases)} - {first.id}
        fixed = next((other.fixed for other in ranked if other.fixed), ())
        summary = next((other.summary for other in ranked if other.summary), "")
        made.append(first._replace(aliases=tuple(sorted(names)), fixed=fixed, summary=summary))
    return tuple(sorted(made))


def later(fixed: Iterable[str], version: str) -> tuple[str, ...]:
    """Those of some versions that come after another one."""
    from packaging.version import InvalidVersion, Version

    try:
        return tuple(item for item in fixed if Version(item) > Version(version))
    except InvalidVersion:
        return tuple(fixed)
