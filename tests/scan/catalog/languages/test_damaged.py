"""Every reader of a language, given what nobody should give it: it ends, and it does not raise."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.catalog.languages import READERS
from berth.scan.inventory import Package
from tests.scan.catalog.languages.reading import read, unpacked

PATHS = (
    "a.dist-info/METADATA",
    "node_modules/a/package.json",
    "vendor/composer/installed.json",
    "app/a.deps.json",
    "gems/specifications/a.gemspec",
    "lib/a.jar",
)
SOUND = {
    "a.dist-info/METADATA": b"Name: a\nVersion: 1\nLicense: MIT\n ISC\nClassifier: License :: MIT\n\ntext",
    "node_modules/a/package.json": b'{"name": "a", "version": "1", "licenses": [{"type": "MIT"}]}',
    "vendor/composer/installed.json": b'{"packages": [{"name": "a/b", "version": "v1", "license": ["MIT"]}]}',
    "app/a.deps.json": b'{"runtimeTarget": {"name": "t"}, "targets": {"t": {"a/1": {"runtime": {"a": {}}}}}, '
    b'"libraries": {"a/1": {"type": "package"}}}',
    "gems/specifications/a.gemspec": b'# stub: a 1 ruby lib\n  s.name = "a".freeze\n  s.licenses = ["MIT"]\n',
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "version", "license", "licenses", "type", "packages", "libraries", "targets", "runtimeTarget"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


def check(package: Package) -> None:
    """What is told can be kept and shown."""
    assert package.kind == "language"
    assert package.name.isprintable()
    assert package.version.isprintable()
    assert (package.name + package.version + package.license).encode()


@pytest.mark.parametrize("path", PATHS)
@given(body=st.binary(max_size=400))
def test_any_bytes(path: str, body: bytes) -> None:
    for package in read(path, body).packages:
        check(package)


@pytest.mark.parametrize("path", [path for path in PATHS if path.endswith(".json")])
@given(document=VALUES)
def test_any_json(path: str, document: object) -> None:
    for package in read(path, json.dumps(document)).packages:
        check(package)


@pytest.mark.parametrize("path", SOUND)
@given(at=st.integers(0, 200), noise=st.binary(max_size=8), gone=st.integers(0, 20))
def test_sound_files_with_damage(path: str, at: int, noise: bytes, gone: int) -> None:
    sound = SOUND[path]
    assert len(read(path, sound).packages) == 1
    for package in read(path, sound[:at] + noise + sound[at + gone :]).packages:
        check(package)


@pytest.mark.parametrize("system", ["linux-amd64", "linux-386", "windows-amd64", "darwin-arm64"])
@given(data=st.data())
def test_real_programs_with_damage(system: str, data: st.DataObject) -> None:
    body = bytearray(PROGRAMS[system])
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(8, 1024))] = data.draw(st.integers(0, 255))
    (reader,) = [each for each in READERS if each.name == "binaries"]
    if reader.wants("app/hello", bytes(body[:64])):
        for package in read("app/hello", bytes(body)).packages:
            check(package)


PROGRAMS = {
    system: unpacked(f"hello-{system}") for system in ("linux-amd64", "linux-386", "windows-amd64", "darwin-arm64")
}


def test_every_reader_has_a_name_and_a_limit() -> None:
    assert len({each.name for each in READERS}) == len(READERS)
    assert all(0 < each.limit <= 512 * 2**20 for each in READERS)
