"""LL406: File that is written where Lambda's file system is read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdalint.model import Severity
from lambdalint.rule import Rule, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdalint.model import Finding
    from lambdalint.source.views import FunctionView


class WriteOutsideTmp(Rule):
    """File that is written where Lambda's file system is read-only.

    A function can write below ``/tmp``, and where a file system is mounted, below ``/mnt``. Everything else is
    read-only, in functions of container images as well: ``OSError: [Errno 30] Read-only file system``. A relative path
    is one below ``/var/task``, the directory of the code, in which the runtime starts.

    Reported are paths that are known, or whose beginning is, however the code puts them together.

    Triggers:
        1. [relative] A relative path, also by leaving out the directory to unpack into.
        2. [code] A path beside the code, by ``__file__`` or ``os.getcwd()``, or below ``/var/task``.
        3. [absolute] ``/opt``, the home directory, or any other absolute path.

    Exemptions:
        1. [caught] ``OSError`` is caught.
        2. [branch] The write is under a condition on the environment or on a constant.
        3. [chdir] The code changes the directory, and the path is relative.
        4. [there] A database that the project has: reading it does not write.

    Remedy:
        Write below ``/tmp``, by ``tempfile`` if it is for this invocation alone; to keep it, write to S3.

    References:
        - https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
        - https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#images-reqs
    """

    code = "LL406"
    name = "write-outside-tmp"
    severity = Severity.ERROR
    tags = ("correctness",)
    why = "The file system is read-only there: the write raises OSError."
    remedy = "Write below /tmp, by tempfile if it is for this invocation alone, or to S3."
    wants = Wanted(
        entry_points=True,
        words=(
            *("open(", "write_text", "write_bytes", "mkdir", "makedirs", "shutil", "extract", "urlretrieve", "sqlite3"),
            *("download_file", "FileHandler", "numpy", "joblib", "savefig", "ZipFile("),
        ),
    )

    def check_function(self, function: FunctionView) -> Iterable[Finding]:
        """A finding for each write that cannot succeed."""
        for item in function.written_outside():
            yield self.finding(
                item.place,
                f"{item.operation} writes to {item.path}, and the file system is read-only there",
                function=item.node[1],
                chains=(item.chain,),
            )
