"""What distributions require on a runtime: markers of the target, extras that others ask for, what cannot be read."""

import pytest

from lambdalint.bundle.distributions import Distributions
from lambdalint.bundle.requirements import Requirements
from lambdalint.bundle.targets import runtime
from tests.bundles.memory import merged


def metadata(name, version, *requires):
    lines = [
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        *(f"Requires-Dist: {line}\n" for line in requires),
    ]
    return f"{name}-{version}.dist-info/METADATA", "".join(lines).encode()


def unmet(*members, on=("python3.12", "x86_64")):
    distributions = Distributions(merged(dict(members)))
    found = Requirements(distributions, runtime(*on)).unmet()
    return [(item.requirer.name, item.requirement, item.line) for item in found if item.found is not None]


@pytest.mark.parametrize(
    ("requirement", "on", "counts"),
    [
        ("b<2", ("python3.12", "x86_64"), True),
        ("b<2; python_version >= '3.12'", ("python3.12", "x86_64"), True),
        ("b<2; python_version < '3.12'", ("python3.12", "x86_64"), False),
        ("b<2; python_version >= '3.9'", ("", ""), False),  # 3.8 is possible too
        ("b<2; python_version >= '3.8'", ("", ""), True),
        ("b<2; python_full_version < '3.12.4'", ("python3.12", "x86_64"), False),  # the patch release is not known
        ("b<2; python_full_version < '3.13.0'", ("python3.12", "x86_64"), True),
        ("b<2; platform_machine == 'aarch64'", ("python3.12", "arm64"), True),
        ("b<2; platform_machine == 'aarch64'", ("python3.12", "x86_64"), False),
        ("b<2; platform_machine == 'aarch64'", ("python3.12", ""), False),
        ("b<2; sys_platform == 'win32'", ("python3.12", "x86_64"), False),
        ("b<2; extra == 'more'", ("python3.12", "x86_64"), False),
        ("b>=2.0a0", ("python3.12", "x86_64"), False),  # an alpha that is there was wanted
        ("b @ https://example.com/b.zip", ("python3.12", "x86_64"), False),
        ("b (some 1)", ("python3.12", "x86_64"), False),
        ("", ("python3.12", "x86_64"), False),
    ],
)
def test_a_requirement_counts_where_its_marker_is_certain_to_hold(requirement, on, counts):
    found = unmet(metadata("a", "1", requirement), metadata("b", "2.0a1"), on=on)
    assert found == ([("a", requirement.partition(";")[0], 4)] if counts else [])


def test_an_extra_counts_where_another_distribution_asks_for_it():
    members = (metadata("b", "1", "c<2; extra == 'fast'"), metadata("c", "2"))
    assert unmet(metadata("a", "1", "b"), *members) == []
    assert unmet(metadata("a", "1", "b[fast]"), *members) == [("b", "c<2", 4)]
    assert unmet(metadata("a", "1", "b[fast]; python_version < '3.9'"), *members) == []
    middle = metadata("m", "1", "b[fast]; extra == 'all'")
    assert unmet(metadata("a", "1", "m[all]"), middle, *members) == [("b", "c<2", 4)]


def test_names_are_compared_in_any_spelling():
    assert unmet(metadata("a", "1", "Ruamel.YAML<1"), metadata("ruamel_yaml", "1.2")) == [("a", "Ruamel.YAML<1", 4)]


def test_a_version_that_cannot_be_told_meets_everything():
    assert unmet(metadata("a", "1", "b<2"), metadata("b", "two")) == []
    assert unmet(metadata("a", "1", "b<2"), metadata("b", "3"), metadata("b", "1")) == []
