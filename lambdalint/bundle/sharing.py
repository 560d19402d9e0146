"""What the functions of a project have in common: distributions that several artifacts hold in the same build."""

from __future__ import annotations

from collections.abc import Iterable

from lambdalint.records import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.bundle.views import BundleView


class Common(NamedTuple):
    """A distribution that is in several artifacts. ``functions`` have it, and are packed into ``artifacts``.

    ``unzipped`` and ``zipped`` are those of one copy, the largest; ``zipped`` is None where no artifact is an archive.
    """

    name: str
    version: str
    unzipped: int
    zipped: int | None
    functions: tuple[str, ...]
    artifacts: tuple[str, ...]

    @property
    def spared(self) -> int:
        """The bytes that a layer in place of the copies would spare each upload: all copies but one."""
        return (len(self.artifacts) - 1) * (self.unzipped if self.zipped is None else self.zipped)


def common(bundles: Iterable[BundleView]) -> tuple[Common, ...]:
    """The distributions that are in more than one artifact, what a layer would spare most first.

    Only the same build counts, by version and wheel tags: one for arm64 cannot stand for one for x86_64. What is in a
    layer is shared already, and so are functions that are packed into one archive.
    """
    found: dict[tuple[str, str, tuple[str, ...]], dict[str, Common]] = {}
    for bundle in bundles:
        for share in bundle.shares:
            owner = share.owner
            if owner is None or share.part != bundle.artifact.path:
                continue
            copies = found.setdefault((owner.key, owner.version, owner.tags), {})
            old = copies.get(share.part)
            functions = (*(old.functions if old else ()), bundle.name)
            copies[share.part] = Common(
                share.name, share.version, share.unzipped, share.zipped, functions, (share.part,)
            )
    rows = []
    for copies in found.values():
        if len(copies) > 1:
            each = list(copies.values())
            packed = [item.zipped for item in each if item.zipped is not None]
            rows.append(
                Common(
                    each[0].name,
                    each[0].version,
                    max(item.unzipped for item in each),
                    max(packed) if packed else None,
                    tuple(sorted({name for item in each for name in item.functions})),
                    tuple(sorted(copies)),
                )
            )
    return tuple(sorted(rows, key=lambda item: (-item.spared, item.name, item.version, item.artifacts)))
