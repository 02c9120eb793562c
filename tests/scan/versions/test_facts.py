"""The ordering facts of OSV's own matcher (see data/README.md): every line holds, both ways round."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from berth.scan import versions
from berth.scan.versions import VersionInvalid

DATA = Path(__file__).parent / "data"
SIGNS = {"<": -1, "=": 0, ">": 1}

FACTS = {
    "alpine-versions-generated": ["Alpine:v3.19", "Wolfi"],
    "alpine-versions": ["Alpine:v3.19", "Chainguard"],
    "cran-versions-generated": ["CRAN"],
    "cran-versions": ["CRAN"],
    "debian-versions-generated": ["Debian:12", "Ubuntu:22.04:LTS"],
    "debian-versions": ["Debian:12", "Ubuntu:22.04:LTS"],
    "hackage-versions": ["Hackage"],
    "maven-versions-generated": ["Maven"],
    "maven-versions": ["Maven"],
    "nuget-versions": ["NuGet"],
    "packagist-versions-generated": ["Packagist"],
    "packagist-versions": ["Packagist"],
    "pub-versions": ["Pub"],
    "pypi-versions-generated": ["PyPI"],
    "pypi-versions": ["PyPI"],
    "redhat-versions": ["Red Hat:enterprise_linux:9::baseos", "AlmaLinux:9", "Rocky Linux:9", "openSUSE:Leap 15.5"],
    "rubygems-versions-generated": ["RubyGems"],
    "rubygems-versions": ["RubyGems"],
    "semver-versions": ["npm", "crates.io", "Go", "Bitnami"],
}

NO_APK_VERSIONS = {
    # `apk version --check` says so too.
    "1-r": "a revision without its number",
    "1-r-0": "a revision that is no number",
    "1-r-1": "a revision that is no number",
    "1-r-2": "a revision that is no number",
    "1-ruff": "a revision that is no number",
    "1-ruff1": "a revision that is no number",
    "1-ruff2": "a revision that is no number",
    "1--ruff1": "a revision that is no number",
    "1-r0-1": "something after the revision",
    "1-r0-2": "something after the revision",
    "1-r0-ruff1": "something after the revision",
    "1-r0-ruff2": "something after the revision",
    "0.r1": "a dot without a number behind it",
    "0..1..0": "a dot without a number behind it",
    "0..1..1": "a dot without a number behind it",
    "0...1...0": "a dot without a number behind it",
    "0...1...1": "a dot without a number behind it",
    "0...1...0.r1": "a dot without a number behind it",
    "0...1...0.r2": "a dot without a number behind it",
    "0...1...0r1": "a dot without a number behind it",
    "0...1...0r2": "a dot without a number behind it",
    "0..8": "a dot without a number behind it",
    "0...8": "a dot without a number behind it",
    "0.8.21.r1": "a dot without a number behind it",
    "0.8.21.r2": "a dot without a number behind it",
    "10.2.22.r0": "a dot without a number behind it",
    "10.2.24.r0": "a dot without a number behind it",
    ".1": "no number at the beginning",
    ".2": "no number at the beginning",
    "a": "no number at the beginning",
    "b": "no number at the beginning",
    "c": "no number at the beginning",
    "1.2.0A": "a capital letter",
    "1.2.0D": "a capital letter",
    "1.0bc": "two letters",
    "1.2_blah": "a suffix that is none",
    "1.2_csv2": "a suffix that is none",
    "23_foo": "a suffix that is none",
}
NO_PHP_VERSIONS = {
    # Composer refuses these. `#` is how PHP itself calls any number, so it equals all of them, and by these lines
    # 1.2.3 = 1.2.3.# = 1.2.3.1 while 1.2.3 < 1.2.3.1, which no order can hold.
    "1.2.3.#": "a mark that no version has",
    "1.2.3.#.1": "a mark that no version has",
    "1.2.3.#.p3": "a mark that no version has",
    "1.2.3.#.beta": "a mark that no version has",
}

NO_VERSIONS = {"alpine-versions": NO_APK_VERSIONS, "packagist-versions": NO_PHP_VERSIONS}


def lines(name: str) -> Iterator[tuple[str, str, str]]:
    for line in (DATA / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("# ", "// ")):
            a, sign, b = line.split(" ")
            yield a, sign, b


CASES = [(name, ecosystem) for name, ecosystems in FACTS.items() for ecosystem in ecosystems]


@pytest.mark.parametrize(("name", "ecosystem"), CASES)
def test_every_fact_holds_both_ways_round(name: str, ecosystem: str) -> None:
    facts = [(a, sign, b) for a, sign, b in lines(name) if not {a, b} & NO_VERSIONS.get(name, {}).keys()]
    wrong = [
        f"{a} {sign} {b}"
        for a, sign, b in facts
        if (versions.compare(ecosystem, a, b), versions.compare(ecosystem, b, a)) != (SIGNS[sign], -SIGNS[sign])
    ]
    assert facts
    assert wrong == []


@pytest.mark.parametrize("name", NO_VERSIONS)
def test_only_what_is_no_version_is_left_out(name: str) -> None:
    written = {each for a, _, b in lines(name) for each in (a, b)}
    refused = set()
    for version in written:
        try:
            versions.key(FACTS[name][0], version)
        except VersionInvalid:
            refused.add(version)
    assert refused == NO_VERSIONS[name].keys()


def test_every_file_of_facts_is_read() -> None:
    assert {path.stem for path in DATA.glob("*.txt")} == FACTS.keys()
