"""Folders, archives and bundles: the same records come out of each, and nothing of what is made to do harm."""

import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.advisories import archives, building, bundles, kept, sources
from berth.scan.advisories.archives import SourceRefused
from berth.scan.advisories.opened import Advisories
from berth.scan.advisories.records import MAX_BYTES
from tests.scan.advisories import osv

ONE = json.dumps(osv.record("GHSA-1", osv.affected("npm", "a", ("introduced", "0")))).encode()


def archive(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as made:
        for name, body in members.items():
            made.writestr(name, body)
    return path


def read(path: Path, ecosystem: str = "") -> list[tuple[str, bytes]]:
    return sorted(sources.records(path, ecosystem))


def test_a_folder_and_an_archive_of_it_give_the_same_records(tmp_path: Path) -> None:
    members = {str(path.relative_to(osv.ALL)): path.read_bytes() for path in osv.ALL.rglob("*.json")}
    assert read(archive(tmp_path / "all.zip", members)) == read(osv.ALL)
    assert len(members) == 398


def test_names_of_folders_are_read_as_the_export_writes_them(tmp_path: Path) -> None:
    (tmp_path / "Rocky%20Linux").mkdir()
    (tmp_path / "Rocky%20Linux" / "RLSA-1.json").write_bytes(ONE)
    (tmp_path / "Rocky%20Linux" / "notes.txt").write_bytes(b"not a record")
    (tmp_path / "npm").mkdir()
    archive(tmp_path / "npm" / "all.zip", {"GHSA-1.json": ONE, "README": b"?"})
    (tmp_path / "loose.json").write_bytes(ONE)
    assert read(tmp_path) == [("", ONE), ("Rocky Linux", ONE), ("npm", ONE)]


def test_an_archive_of_one_ecosystem_is_told_which(tmp_path: Path) -> None:
    path = archive(tmp_path / "all.zip", {"GHSA-1.json": ONE})
    assert read(path, "npm") == [("npm", ONE)]
    building.build(tmp_path / "store", sources.records(path))
    with osv.opened(tmp_path / "store") as advisories:
        assert [each.ecosystem for each in advisories.sources] == ["npm"]


def test_a_record_that_is_too_long_is_skipped_and_the_others_are_read(tmp_path: Path) -> None:
    long = b'{"id": "GHSA-2", "details": "' + b"a" * MAX_BYTES + b'"}'
    path = archive(tmp_path / "all.zip", {"npm/GHSA-2.json": long, "npm/GHSA-1.json": ONE})
    tally = building.build(tmp_path / "store", sources.records(path)).tally
    assert (tally.taken, tally.skipped) == (1, 1)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(b"PK\x05\x06"), id="cut"),
        pytest.param(lambda path: path.write_bytes(b"<html>" * 100), id="not an archive"),
        pytest.param(lambda path: archive(path, {f"npm/{n}.json": b"\0" * 15_000_000 for n in range(12)}), id="bomb"),
        pytest.param(lambda path: archive(path, {"npm/a.json": ONE}, zipfile.ZIP_LZMA), id="another packing"),
        pytest.param(
            lambda path: path.write_bytes(_cut(archive(path, {"npm/a.json": ONE}).read_bytes())), id="damaged"
        ),
        pytest.param(lambda path: path.write_bytes(_vast_directory()), id="vast list of members"),
        pytest.param(lambda _: None, id="absent"),
    ],
)
def test_what_is_no_archive_or_made_to_do_harm_is_refused(tmp_path: Path, make: Callable[[Path], object]) -> None:
    path = tmp_path / "all.zip"
    make(path)
    with pytest.raises(SourceRefused):
        read(path)


def _cut(body: bytes) -> bytes:
    """With bytes of its first member changed."""
    return body[:45] + b"\xff\xff\xff\xff" + body[49:]


def _vast_directory() -> bytes:
    return struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, archives.MAX_DIRECTORY + 1, 0, 0)


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.zip"
    path.write_bytes(body)
    with pytest.raises(SourceRefused):
        read(path)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    building.build(tmp_path / "store", osv.everything())
    return tmp_path / "store"


def in_force(store: Path) -> Path:
    path = kept.in_force(store)
    assert path is not None
    return path


def bundled(store: Path, path: Path) -> Path:
    with osv.opened(store) as advisories:
        bundles.write(advisories, path)
    return path


def told(advisories: Advisories) -> list[tuple[str, str, bytes]]:
    return list(advisories.records())


def test_a_bundle_carries_every_record_to_the_byte(store: Path, tmp_path: Path) -> None:
    bundle = bundled(store, tmp_path / "bundle.zip")
    built = building.build(tmp_path / "other", sources.bundle(bundle))
    assert (built.tally.taken, built.tally.skipped) == (398, 0)
    with osv.opened(store) as here, osv.opened(tmp_path / "other") as there:
        assert told(here) == told(there)
        assert here.sources == there.sources
    assert building.change(store, sources.records(bundle)).tally.unchanged == 398


def test_bundles_of_one_build_are_the_same_bytes(store: Path, tmp_path: Path) -> None:
    bodies = [bundled(store, tmp_path / name).read_bytes() for name in ("a.zip", "b.zip")]
    assert bodies[0] == bodies[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "b.zip", "store"]


def _members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as members:
        return {name: members.read(name) for name in members.namelist()}


def _manifest(body: bytes, **fields: object) -> bytes:
    return json.dumps(json.loads(body) | fields).encode()


Tamper = Callable[[dict[str, bytes]], dict[str, bytes]]
DEBIAN = "Debian/DEBIAN-CVE-2023-45853.json"


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(lambda has: has | {DEBIAN: has[DEBIAN].replace(b"zlib", b"zlob")}, id="a record changed"),
        pytest.param(lambda has: {name: body for name, body in has.items() if name != DEBIAN}, id="a record removed"),
        pytest.param(lambda has: has | {"Debian/X-1.json": ONE}, id="a record added"),
        pytest.param(lambda has: has | {"Hex/X-1.json": ONE}, id="a source added"),
        pytest.param(
            lambda has: {name: body for name, body in has.items() if not name.startswith("npm/")}, id="a source removed"
        ),
        pytest.param(lambda has: {name.replace("-45853", "-45854"): has[name] for name in has}, id="a record renamed"),
        pytest.param(lambda has: has | {bundles.MANIFEST: b"{"}, id="a broken manifest"),
        pytest.param(
            lambda has: has | {bundles.MANIFEST: _manifest(has[bundles.MANIFEST], format=2)}, id="another format"
        ),
        pytest.param(
            lambda has: has | {bundles.MANIFEST: _manifest(has[bundles.MANIFEST], sources=5)}, id="no sources"
        ),
        pytest.param(lambda has: {name: body for name, body in has.items() if "/" in name}, id="no manifest"),
    ],
)
def test_a_bundle_that_was_tampered_with_is_refused_as_a_whole(store: Path, tmp_path: Path, tamper: Tamper) -> None:
    bundle = bundled(store, tmp_path / "bundle.zip")
    before = in_force(store)
    changed = archive(tmp_path / "changed.zip", tamper(_members(bundle)))
    with pytest.raises(SourceRefused):
        next(sources.bundle(changed))
    with pytest.raises(SourceRefused):
        building.change(store, sources.bundle(changed))
    assert in_force(store) == before
