"""What no advisory can speak of is told with a result: a zero is never all that there is to say of it."""

from dataclasses import replace
from typing import Any

import pytest

from berth.scan import results, unmatched
from berth.scan.inventory import Gap, Inventory, OperatingSystem, Package
from berth.scan.results import BUILTIN

DEBIAN = OperatingSystem("debian", "12")
ROCKY = OperatingSystem("rocky", "9.4")
BASH = Package("os", "deb", "bash", "5.2.15-2")
HEADERS = Package("os", "deb", "linux-libc-dev", "6.1!")
PROGRAM = Package("language", "golang", "example.org/app", "(devel)")
OF_DEBIAN = Package("language", "pypi", "requests", "odd!", owned=True)
LODASH = Package("language", "npm", "lodash", "4.17.15")


def texts(*packages: Package, os: OperatingSystem | None = DEBIAN) -> list[str]:
    found = unmatched.gaps(Inventory(os, packages))
    assert all(gap.code == "unmatched" for gap in found)
    return [gap.text for gap in found]


def test_what_is_matched_and_what_is_left_out_on_purpose_is_no_gap() -> None:
    assert texts(BASH, HEADERS, PROGRAM, OF_DEBIAN, LODASH) == []


@pytest.mark.parametrize(
    ("package", "os", "why"),
    [
        (replace(BASH, version="a b"), DEBIAN, "their versions cannot be compared: bash a b"),
        (replace(LODASH, version="final!"), DEBIAN, "their versions cannot be compared: lodash final!"),
        (replace(LODASH, version=""), DEBIAN, "they have no name or no version: lodash"),
        (replace(LODASH, type="conan"), DEBIAN, "there are no advisories for their kind: lodash 4.17.15"),
        (replace(LODASH, name="\ud800"), DEBIAN, "their names or versions are none that packages have: \ufffd 4.17.15"),
        (BASH, ROCKY, "another package manager than the system's has them: bash 5.2.15-2"),
        (
            Package("os", "rpm", "docker-ce", "3:27.0-1.el9", vendor="Docker"),
            ROCKY,
            "others than the maker of the system built them: docker-ce 3:27.0-1.el9",
        ),
    ],
)
def test_a_package_that_cannot_be_matched_is_told_with_the_reason(
    package: Package, os: OperatingSystem, why: str
) -> None:
    assert texts(package, os=os) == [f"1 package could not be matched, for {why}"]


def test_packages_of_a_system_that_nothing_is_known_of_are_told_by_that_alone() -> None:
    for os in (None, OperatingSystem("plan9", "4"), OperatingSystem("debian", "")):
        assert texts(BASH, os=os) == []


def test_of_many_some_are_named_and_the_others_are_counted() -> None:
    (text,) = texts(*(replace(LODASH, name=f"{number}" * 500, version="final!") for number in range(9)))
    assert text.startswith("9 packages could not be matched, for their versions cannot be compared: 000")
    assert text.endswith(" and 4 more")
    assert len(text) < 500


def test_one_package_at_several_places_is_one() -> None:
    odd = replace(LODASH, version="final!")
    assert texts(odd, replace(odd, path="a"), replace(odd, path="b"))[0].startswith("1 package ")


LONG = replace(LODASH, name="n" * 512, version="1." + "0" * 510)


@pytest.mark.parametrize("scanner", [BUILTIN, "trivy"])
def test_what_is_too_long_to_be_kept_is_told_whoever_has_scanned(scanner: str) -> None:
    made: dict[str, Any] = results.ready(  # Any: column values
        "sha256:a", Inventory(DEBIAN, (BASH, LODASH, LONG), gaps=(Gap("damaged", "x"),)), scanner=scanner
    ).values
    damaged, unmatched_ = made["gaps"]
    assert (damaged["code"], unmatched_["code"]) == ("damaged", "unmatched")
    assert unmatched_["text"].startswith("1 package could not be matched, for their names and versions are too long: n")


def test_an_odd_version_that_another_scanner_tells_of_is_that_scanner_s_to_match() -> None:
    odd = Inventory(DEBIAN, (replace(LODASH, version="final!"),))
    assert results.ready("sha256:a", odd, scanner="trivy").values["gaps"] == []
