"""Which files are searched."""

import pytest

from berth.scan.secrets import files
from tests.scan.secrets.shapes import GITHUB

SMALL = 100


@pytest.mark.parametrize(
    "path",
    [".env", "app/config.yaml", "root/.ssh/id_rsa", "etc/ssl/private/server.pem", "app/.git/config", "srv/latest/x"],
)
def test_files_that_people_put_there_are_searched(path: str) -> None:
    assert files.may_tell(path, SMALL)


@pytest.mark.parametrize(
    "path",
    [
        "usr/share/doc/x",
        "usr/lib/ssl/x.pem",
        "usr/include/x.h",
        "usr/local/go/src/x_key.go",
        "usr/local/lib/python3.12/x.py",
        "app/tests/key.pem",
        "app/crypto_test.go",
        "test/key.pem",
        "app/example.env",
        "app/vendor/x/key.pem",
        "app/locale/de",
        "README.md",
        "app/node_modules/x/key.pem",
        "opt/venv/lib/python3/site-packages/x.py",
        "srv/x-1.0.dist-info/METADATA",
    ],
)
def test_what_comes_with_systems_languages_and_tests_is_not(path: str) -> None:
    assert not files.may_tell(path, SMALL)


def test_empty_and_large_files_are_not_searched() -> None:
    assert not files.may_tell("x", 0)
    assert files.may_tell("x", files.MAX_BYTES)
    assert not files.may_tell("x", files.MAX_BYTES + 1)


def test_a_binary_is_not_searched() -> None:
    assert files.find("x", b"\x7fELF\0" + GITHUB.encode()) == []
    assert len(files.find("x", b"text " * 1000 + b"\0 " + GITHUB.encode())) == 1, "a zero far behind makes no binary"
