"""Packages of Python, by the metadata beside them."""

import importlib.metadata
import sysconfig
from pathlib import Path

import pytest

from berth.scan.inventory import Package
from tests.scan.catalog.languages.reading import codes, is_wanted, named, read

METADATA = """\
Metadata-Version: 2.1
Name: PyYAML
Version: 6.0.1
Summary: YAML parser and emitter for Python
Name: another
License: MIT
Classifier: License :: OSI Approved :: MIT License
Description-Content-Type: text/plain

Name: in-the-text
Version: 9
"""


def test_a_package_as_its_metadata_tells_it() -> None:
    path = "usr/lib/python3.11/site-packages/PyYAML-6.0.1.dist-info/METADATA"
    assert read(path, METADATA).packages == (Package("language", "pypi", "PyYAML", "6.0.1", path=path, license="MIT"),)


def test_what_is_installed_beside_these_tests() -> None:
    site_packages = Path(sysconfig.get_path("purelib"))
    found = {
        package
        for pattern in ("*.dist-info/METADATA", "*.egg-info/PKG-INFO")
        for file in site_packages.glob(pattern)
        for package in named(read(str(file).lstrip("/"), file.read_bytes()))
    }
    installed = {
        (each.metadata["Name"], each.version) for each in importlib.metadata.distributions(path=[str(site_packages)])
    }
    assert found == installed
    assert len(found) > 20


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("usr/lib/python3/dist-packages/six-1.16.0.egg-info", True),
        ("usr/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO", True),
        ("usr/lib/python3/site-packages/six-1.16.0-py3.9.egg/EGG-INFO/PKG-INFO", True),
        ("app/libs/six-1.16.0.dist-info/METADATA", True),
        ("usr/lib/python3/dist-packages/six-1.16.0.dist-info/RECORD", False),
        ("usr/lib/python3/dist-packages/six-1.16.0.egg-info/requires.txt", False),
        ("usr/share/METADATA", False),
    ],
)
def test_which_files_are_read(path: str, *, wanted: bool) -> None:
    assert is_wanted(path) is wanted


@pytest.mark.parametrize(
    ("stated", "license_"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: other\n", "MIT OR Apache-2.0"),
        ("License: UNKNOWN\nClassifier: License :: OSI Approved :: BSD License\n", "BSD License"),
        ("License: UNKNOWN\n", ""),
        ("License: A text\n of many lines\n        \n more\nClassifier: License :: OSI Approved :: ISC\n", "ISC"),
        ("License: The first line\n of a text\n", "The first line"),
        ("", ""),
    ],
)
def test_the_license(stated: str, license_: str) -> None:
    (package,) = read("a.dist-info/METADATA", f"Name: a\nVersion: 1\n{stated}").packages
    assert package.license == license_


def test_fields_as_other_tools_write_them() -> None:
    assert named(read("a.egg-info", "name: a\r\nKeywords: one\ntwo three\r\nversion:1.0\r\n")) == [("a", "1.0")]


def test_a_long_description_is_no_gap() -> None:
    contents = read("a.dist-info/METADATA", METADATA + "x" * 900_000)
    assert (named(contents), contents.gaps) == ([("PyYAML", "6.0.1")], ())


@pytest.mark.parametrize(
    "body", [b"", b"Name: a\n", b"Version: 1\n", b"\0\xff", b"Name:\nVersion:\n", b"\n" + b"Name: a"]
)
def test_metadata_without_a_name_or_a_version_is_a_gap(body: bytes) -> None:
    contents = read("a.dist-info/METADATA", body)
    assert (contents.packages, codes(contents)) == ((), ["damaged"])
