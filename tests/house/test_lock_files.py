"""Lock files hold one version of each package with its hashes, and nothing about where packages come from."""

import re

import pytest

from tests.house.files import ROOT

PACKAGE = re.compile(r"[a-z0-9][a-z0-9.-]*(\[[a-z,]+\])?==[^\s@]+( ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
ORIGIN = re.compile(r"    # via ([\w\[\](),.: -]|requirements/run\.txt)+")

lock_files = pytest.mark.parametrize("name", ["run.txt", "dev.txt"])


@lock_files
def test_a_lock_file_holds_packages_hashes_and_reasons_only(name: str) -> None:
    lines = (ROOT / "requirements" / name).read_text().splitlines()
    assert [line for line in lines if not any(kind.fullmatch(line) for kind in (PACKAGE, HASH, ORIGIN))] == []


@lock_files
def test_every_locked_package_has_a_hash(name: str) -> None:
    lines = (ROOT / "requirements" / name).read_text().splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        assert not PACKAGE.fullmatch(line) or HASH.fullmatch(following), line


def test_both_lock_files_agree() -> None:
    run, dev = (
        {line for line in (ROOT / "requirements" / name).read_text().splitlines() if PACKAGE.fullmatch(line)}
        for name in ("run.txt", "dev.txt")
    )
    assert run <= dev
