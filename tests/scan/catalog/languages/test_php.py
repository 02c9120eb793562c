"""Packages of PHP, as Composer 1 and Composer 2 keep them."""

import json

import pytest

from berth.scan.inventory import Package
from tests.scan.catalog.languages.reading import codes, is_wanted, named, read

PATH = "var/www/vendor/composer/installed.json"
PACKAGES = [
    {
        "name": "Symfony/Http-Kernel",
        "version": "v6.2.1",
        "version_normalized": "6.2.1.0",
        "type": "library",
        "license": ["MIT"],
    },
    {"name": "monolog/monolog", "version": "2.9.1", "license": ["MIT", "Apache-2.0"]},
    {"name": "acme/own", "version": "dev-vnext"},
]


@pytest.mark.parametrize("document", [PACKAGES, {"packages": PACKAGES, "dev": True, "dev-package-names": []}])
def test_both_forms(document: object) -> None:
    """Names are compared in lower case, and Packagist shows versions without the letter of a tag."""
    contents = read(PATH, json.dumps(document))
    assert contents.packages == (
        Package("language", "composer", "symfony/http-kernel", "6.2.1", path=PATH, license="MIT"),
        Package("language", "composer", "monolog/monolog", "2.9.1", path=PATH, license="MIT OR Apache-2.0"),
        Package("language", "composer", "acme/own", "dev-vnext", path=PATH),
    )
    assert contents.gaps == ()


def test_which_files_are_read() -> None:
    assert is_wanted("app/3rdparty/composer/installed.json")
    assert not is_wanted("app/installed.json")
    assert not is_wanted("app/composer.lock")


def test_what_lacks_a_version_does_not_hide_the_others() -> None:
    body = json.dumps([{"name": "a/b"}, 3, {"name": "c/d", "version": "1.0"}, {"name": "e/f", "version": None}])
    contents = read(PATH, body)
    assert (named(contents), codes(contents)) == ([("c/d", "1.0")], ["damaged"])
    assert "3 of its packages" in contents.gaps[0].text


@pytest.mark.parametrize("body", ["", "{}", '{"packages": 1}', "nonsense", "[" * 100_000])
def test_a_file_without_a_list_is_a_gap(body: str) -> None:
    assert codes(read(PATH, body)) == ["damaged"]


def test_more_values_than_anyone_has_are_not_read() -> None:
    assert codes(read(PATH, "[" + "{}," * 1_000_000 + "{}]")) == ["truncated"]
