"""Trees in memory, and the functions that are found in one."""

from lambdalint.discover import Project
from lambdalint.functions import find_functions
from lambdalint.settings import Settings
from lambdalint.source.names import Names
from lambdalint.source.program import Program
from lambdalint.templates import is_template, read_templates
from lambdalint.tree import Unreadable


class MemoryTree:
    """Files by path, given as text or bytes."""

    def __init__(self, files):
        self.files = {
            path: data if isinstance(data, bytes) else data.encode(errors="surrogateescape")
            for path, data in files.items()
        }

    def read(self, path, limit):
        if path not in self.files:
            raise Unreadable("No such file or directory")
        if len(self.files[path]) > limit:
            raise Unreadable(f"larger than {limit:,} bytes")
        return self.files[path]

    def exists(self, path):
        return path in self.files

    def names(self, directory):
        prefix = f"{directory}/" if directory else ""
        return frozenset(path[len(prefix) :].partition("/")[0] for path in self.files if path.startswith(prefix))


def functions_of(files):
    """The functions of a project with these files, its templates read."""
    tree = MemoryTree(files)
    python = tuple(sorted(path for path in files if path.endswith(".py") and "cdk.out" not in path))
    templates = tuple(sorted(path for path in files if is_template(path, tree.files[path])))
    program = Program(tree, python)
    project = Project(tree, "/nowhere", python, templates)
    return find_functions(project, program, Names(program), read_templates(tree, templates), Settings())
