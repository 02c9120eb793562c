"""Programs of Rust that were built with cargo-auditable."""

import json
import zlib

import pytest

from berth.scan.inventory import Package
from tests.scan.catalog.languages import executables
from tests.scan.catalog.languages.reading import codes, named, read

# What cargo-auditable writes for a program that uses serde, cut to one of each kind.
CRATES = {
    "packages": [
        {"name": "cc", "version": "1.0.83", "source": "crates.io", "kind": "build"},
        {"name": "itoa", "version": "1.0.14", "source": "crates.io"},
        {"name": "serde_json", "version": "1.0.135", "source": "crates.io", "kind": "runtime", "dependencies": [1]},
        {"name": "server", "version": "0.1.0", "source": "local", "dependencies": [0, 2], "root": True},
    ]
}


def section(document: object = CRATES) -> bytes:
    return zlib.compress(json.dumps(document).encode())


@pytest.mark.parametrize("kind", [executables.elf, executables.pe, executables.macho])
def test_what_a_program_needs_to_run_counts_what_built_it_does_not(kind: object) -> None:
    assert callable(kind)
    contents = read("app/server", kind({".text": b"code", ".dep-v0": section()}))
    assert named(contents) == [("itoa", "1.0.14"), ("serde_json", "1.0.135"), ("server", "0.1.0")]
    assert contents.packages[0] == Package("language", "cargo", "itoa", "1.0.14", path="app/server")


@pytest.mark.parametrize(
    "damaged",
    [
        b"not zlib",
        section()[:-3],
        zlib.compress(b"not json"),
        section([]),
        section({"packages": {}}),
        section({"packages": [{"name": "a"}]}),
        zlib.compress(b"[" * 500_000),
    ],
)
def test_a_list_that_cannot_be_read_is_a_gap(damaged: bytes) -> None:
    contents = read("app/server", executables.elf({".dep-v0": damaged}))
    assert contents.packages == ()
    assert len(codes(contents)) == 1


def test_a_list_that_inflates_without_end_is_cut() -> None:
    bomb = zlib.compress(b" " * 2**24)
    assert codes(read("app/server", executables.elf({".dep-v0": bomb}))) == ["truncated"]
