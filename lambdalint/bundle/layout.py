"""Where things lie in an artifact: what stands in a wrong place, so that nothing finds it."""

from __future__ import annotations

from collections.abc import Iterable

from lambdalint.patterns import regex
from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.layers import Merged, Part
    from lambdalint.bundle.targets import Runtime

LEFT_BY_SYSTEMS = ("__MACOSX/", ".DS_Store")  # what macOS adds to archives
_SITE = regex(r"python/lib/python(\d+)\.(\d+)/site-packages/.")
_INSIDE = regex(r"python/(?!lib/|python/|bin/).")


class Misplaced(NamedTuple):
    """What a layer holds in a place that is not searched.

    ``kind`` is ``root`` (beside ``python/``, not in it), ``nested`` (``python/python/``) or ``version`` (for another
    Python). ``path`` is a file of it as it is in the layer, ``names`` are the top-level names that it brings;
    ``installed`` tells that distributions are among them.
    """

    part: Part
    kind: str
    path: str
    names: tuple[str, ...]
    version: str = ""
    installed: bool = False


def module_at(merged: Merged, root: str, name: str, runtime: Runtime) -> str:
    """The file of a dotted module below a directory, "" where there is none."""
    stem = f"{root}/{name.replace('.', '/')}"
    for suffix in runtime.suffixes:
        for path in (f"{stem}/__init__{suffix}", f"{stem}{suffix}"):
            if path in merged.files:
                return path
    return ""


def wrapping(part: Part) -> str:
    """The one folder that everything in an artifact lies in, "" where there is none."""
    tops = set()
    for entry in part.artifact.entries():
        if not entry.path.startswith(LEFT_BY_SYSTEMS):
            top, _, rest = entry.path.partition("/")
            tops.add(top if rest or entry.is_directory else "")
            if len(tops) > 1:
                return ""
    return tops.pop() if tops else ""


def misplaced(part: Part, runtime: Runtime) -> Misplaced | None:
    """What a layer holds that its function does not find, None where nothing is certain to be of no use."""
    paths = [entry.path for entry in part.artifact.entries() if not entry.path.startswith(LEFT_BY_SYSTEMS)]
    versions: dict[tuple[int, int], str] = {}
    for path in paths:
        match = _SITE.match(path)
        if match:
            versions.setdefault((int(match[1]), int(match[2])), path)
    found = [path for path in paths if _INSIDE.match(path)]
    if not any(path.startswith("python/") for path in paths):
        names = modules(paths)
        installed = any(path.partition("/")[0].endswith(".dist-info") for path in paths)
        if not names:
            return None
        return Misplaced(part, "root", names[min(names)], tuple(sorted(names)), installed=installed)
    if found:
        return None  # python/ holds modules of its own
    if versions:
        if runtime.version is None or runtime.version in versions:
            return None
        version = max(versions)
        prefix = "python/lib/python{}.{}/site-packages/".format(*version)
        names = modules(path[len(prefix) :] for path in paths if path.startswith(prefix))
        return Misplaced(part, "version", versions[version], tuple(sorted(names)), "{}.{}".format(*version))
    nested = [path.removeprefix("python/python/") for path in paths if path.startswith("python/python/")]
    names = modules(nested)
    if not names or "__init__.py" in nested:
        return None
    return Misplaced(part, "nested", f"python/python/{names[min(names)]}", tuple(sorted(names)))


def modules(paths: Iterable[str]) -> dict[str, str]:
    """The top-level modules and packages among some files, each with a file of it."""
    found: dict[str, str] = {}
    for path in paths:
        top, _, rest = path.partition("/")
        if not rest and top.endswith(".py"):
            found.setdefault(top.removesuffix(".py"), path)
        elif rest == "__init__.py":
            found[top] = path
    return found
