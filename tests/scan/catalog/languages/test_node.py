"""Packages of Node.js, wherever a package manager puts them."""

import json

import pytest

from berth.scan.inventory import Package
from tests.scan.catalog.languages.reading import codes, is_wanted, named, read

LODASH = {"name": "lodash", "version": "4.17.15", "license": "MIT"}


def test_a_package_as_it_describes_itself() -> None:
    path = "app/node_modules/lodash/package.json"
    expected = Package("language", "npm", "lodash", "4.17.15", path=path, license="MIT")
    assert read(path, json.dumps(LODASH)).packages == (expected,)


def test_the_name_of_a_package_with_a_scope() -> None:
    body = json.dumps({"name": "@babel/core", "version": "7.24.0"})
    assert named(read("app/node_modules/@babel/core/package.json", body)) == [("@babel/core", "7.24.0")]


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("node_modules/ms/package.json", True),
        ("app/node_modules/debug/node_modules/ms/package.json", True),
        ("app/node_modules/.pnpm/ms@2.1.3/node_modules/ms/package.json", True),
        ("usr/lib/node_modules/npm/package.json", True),
        ("app/node_modules/next/dist/compiled/react-is/package.json", True),
        ("app/package.json", False),
        ("package.json", False),
        ("app/node_modules/package.json", False),
        ("app/old_node_modules/ms/package.json", False),
        ("app/node_modules/ms/package.json.bak", False),
    ],
)
def test_which_files_are_read(path: str, *, wanted: bool) -> None:
    """The description of an application is not a package."""
    assert is_wanted(path) is wanted


@pytest.mark.parametrize(
    ("stated", "license_"),
    [
        ({"license": "ISC"}, "ISC"),
        ({"license": {"type": "BSD", "url": "https://example.com"}}, "BSD"),
        ({"licenses": [{"type": "MIT"}, {"type": "GPL"}]}, "MIT OR GPL"),
        ({"license": ["MIT", 1, None, {}]}, "MIT"),
        ({"license": 3}, ""),
        ({}, ""),
    ],
)
def test_the_license(stated: dict[str, object], license_: str) -> None:
    (package,) = read("node_modules/a/package.json", json.dumps({"name": "a", "version": "1.0.0"} | stated)).packages
    assert package.license == license_


@pytest.mark.parametrize(
    "document", [{}, {"type": "module"}, {"name": "a"}, {"name": "a", "version": 1}, {"name": ["a"]}]
)
def test_what_names_no_version_is_no_package_and_no_gap(document: object) -> None:
    contents = read("node_modules/a/package.json", json.dumps(document))
    assert (contents.packages, contents.gaps) == ((), ())


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 200_000, b"1" * 5000])
def test_a_package_that_cannot_be_read_is_a_gap(body: bytes) -> None:
    assert codes(read("node_modules/a/package.json", body)) == ["damaged"]


def test_tests_of_a_package_may_be_damaged() -> None:
    assert read("node_modules/resolve/test/resolver/malformed/package.json", b"{").gaps == ()


def test_a_description_without_end_is_cut() -> None:
    assert codes(read("node_modules/a/package.json", b'{"a": "' + b"x" * 2**20)) == ["truncated"]


def test_text_that_would_trouble_a_terminal_is_left_out() -> None:
    body = b'{"name": "a\\u001b[31m\\u202e", "version": "1.0\\ud800\\n"}'
    assert named(read("node_modules/a/package.json", body)) == [("a[31m", "1.0?")]


def test_a_mark_of_the_order_of_bytes_is_passed_over() -> None:
    assert named(read("node_modules/a/package.json", "\ufeff" + json.dumps(LODASH))) == [("lodash", "4.17.15")]
