"""Artifacts in memory."""

from lambdalint.bundle.entries import Entry
from lambdalint.bundle.layers import OPT, TASK, Merged, Part
from lambdalint.tree import Unreadable


class MemoryArtifact:
    def __init__(self, files):
        self.files = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}

    def read(self, path, limit):
        if path not in self.files:
            raise Unreadable("not there")
        if len(self.files[path]) > limit:
            raise Unreadable(f"larger than {limit:,} bytes")
        return self.files[path]

    def exists(self, path):
        return path in self.files

    def parts(self, path, spans):
        data = self.read(path, 1 << 40)
        return [data[offset : offset + length] for offset, length in spans]

    def entries(self):
        return [Entry(path, len(data), len(data), 0o100644, 0, 0) for path, data in self.files.items()]


def merged(function, *layers, version=(3, 13)):
    parts = [Part(f"layer{number}.zip", MemoryArtifact(files), OPT) for number, files in enumerate(layers, 1)]
    return Merged(Part("function.zip", MemoryArtifact(function), TASK), parts, version)
