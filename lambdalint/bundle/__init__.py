"""What is deployed: artifacts, and what they bring to a function."""

from __future__ import annotations

from lambdalint.patterns import regex
from lambdalint.tree import ending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambdalint.tree import DirectoryTree

ARCHIVE = ".zip"
# What builders put together: SAM, the CDK.
_BUILT = regex(r"(?:^|/)(?:\.aws-sam/build/[^/]+|cdk\.out/asset\.[^/]+)(?:/|$)")


def is_artifact(tree: DirectoryTree, path: str) -> bool:
    """Whether a code root is what is deployed, as it stands, and not the source that a build takes.

    A directory is where a builder made it, or where distributions are installed in it.
    """
    if path.endswith(ARCHIVE):
        return tree.exists(path)
    if _BUILT.search(path):
        return bool(tree.names(path))
    return bool(ending(tree, path, ".dist-info"))
