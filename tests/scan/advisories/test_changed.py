"""What differs between two builds is matched again: all that it may concern, and nothing else."""

from pathlib import Path

import pytest

from berth.scan.advisories import building
from berth.scan.advisories.changed import Changes, affected_by, changes
from tests.scan.advisories import osv
from tests.scan.advisories.osv import JSON, affected, record

ALL = ("introduced", "0")
OLD = [
    record("GHSA-1", affected("npm", "a", ALL), aliases=["CVE-2020-1000"]),
    record("PYSEC-1", affected("PyPI", "A", ALL), aliases=["CVE-2020-1000"]),
    record("GHSA-2", affected("npm", "b", ALL)),
    record("RHSA-1", affected("Red Hat:enterprise_linux:8::baseos", "c", ALL)),
    record("ALPINE-CVE-2020-1002", affected("Alpine:v3.20", "d", ALL)),
]
LATER = {"modified": "2026-05-01T00:00:00Z"}


def between(folder: Path, old: list[JSON], new: list[JSON]) -> Changes:
    before = building.build(folder, osv.pairs(*old)).path
    return changes(before, building.build(folder, osv.pairs(*new)).path)


def test_between_two_builds_of_the_same_nothing_changed(tmp_path: Path) -> None:
    assert between(tmp_path, OLD, OLD) == Changes(frozenset(), frozenset())


@pytest.mark.parametrize(
    ("new", "ids", "packages"),
    [
        pytest.param([*OLD, record("GHSA-3", affected("npm", "z", ALL))], {"GHSA-3"}, {("npm", "z")}, id="added"),
        pytest.param([each for each in OLD if each["id"] != "GHSA-2"], {"GHSA-2"}, {("npm", "b")}, id="gone"),
        pytest.param(
            [each | LATER | {"withdrawn": "2026-05-01T00:00:00Z"} if each["id"] == "GHSA-2" else each for each in OLD],
            {"GHSA-2"}, {("npm", "b")}, id="withdrawn",
        ),
        pytest.param(
            [record("GHSA-2", affected("npm", "B", ALL)) if each["id"] == "GHSA-2" else each for each in OLD],
            {"GHSA-2"}, {("npm", "b"), ("npm", "B")}, id="renamed, at the same time",
        ),
        pytest.param(
            [each | LATER if each["id"] == "GHSA-1" else each for each in OLD],
            {"GHSA-1"}, {("npm", "a"), ("PyPI", "a")}, id="its aliases take names and levels from it",
        ),
        pytest.param(
            [*OLD, record("CVE-2020-1000", severity=[])],
            {"CVE-2020-1000"}, {("npm", "a"), ("PyPI", "a")}, id="only its aliases speak of packages",
        ),
        pytest.param(
            [each | LATER if each["id"] == "RHSA-1" else each for each in OLD],
            {"RHSA-1"}, {("Red Hat:enterprise_linux:8", "c"), ("CentOS:8", "c")}, id="what is built of it",
        ),
        pytest.param(
            [*OLD, record("ALPINE-CVE-2020-1003", affected("Alpine:v3.21", "e", ALL))],
            {"ALPINE-CVE-2020-1003"},
            {("Alpine:v3.21", "e"), ("Alpine:edge", "e"), ("Alpine:edge", "d")}, id="edge is looked up elsewhere",
        ),
    ],
)  # fmt: skip
def test_what_changed(tmp_path: Path, new: list[JSON], ids: set[str], packages: set[tuple[str, str]]) -> None:
    assert between(tmp_path, OLD, new) == Changes(frozenset(ids), frozenset(packages))


def test_since_a_file_that_cannot_be_read_everything_changed(tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite"
    old.write_bytes(b"")
    new = building.build(tmp_path / "store", osv.pairs(*OLD)).path
    found = changes(old, new)
    assert found.ids == {each["id"] for each in OLD}
    assert {("npm", "a"), ("PyPI", "a"), ("CentOS:8", "c"), ("Alpine:edge", "d")} <= found.packages


def test_the_components_that_advisories_speak_of(tmp_path: Path) -> None:
    with osv.opened(tmp_path, osv.pairs(*OLD)) as advisories:
        assert affected_by(advisories, ["GHSA-2"]) == {("npm", "b")}
        assert affected_by(advisories, ["PYSEC-1"]) == {("npm", "a"), ("PyPI", "a")}
        assert affected_by(advisories, ["GHSA-404"]) == set()
        assert affected_by(advisories, []) == set()
