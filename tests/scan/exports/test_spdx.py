"""What tools that read SPDX find in an inventory."""

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import given

from berth.scan.exports import spdx
from berth.scan.report import Report
from berth.words import digest
from tests.scan import reports
from tests.scan.exports import schemas


def read(report: Report) -> Any:  # Any: JSON
    return schemas.check(schemas.SPDX, spdx.document(report))


@given(reports.reports())
def test_every_element_has_a_valid_name_of_its_own_and_is_contained(report: Report) -> None:
    document = read(report)
    elements = [each["SPDXID"] for each in document["packages"]]
    assert len(set(elements)) == len(elements)
    assert all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", element) for element in elements)
    described, *contained = document["relationships"]
    assert described == {
        "spdxElementId": "SPDXRef-DOCUMENT",
        "relationshipType": "DESCRIBES",
        "relatedSpdxElement": elements[0],
    }
    assert {each["spdxElementId"] for each in contained} <= {elements[0]}
    assert [each["relatedSpdxElement"] for each in contained] == elements[1:]


@given(reports.reports())
def test_every_licence_that_is_referred_to_is_told(report: Report) -> None:
    document = read(report)
    told = [each["licenseId"] for each in document["hasExtractedLicensingInfos"]]
    assert len(set(told)) == len(told)
    declared = {each["licenseDeclared"] for each in document["packages"]}
    assert {each for each in declared if each.startswith("LicenseRef-")} == set(told)


@given(reports.reports())
def test_the_time_is_in_whole_seconds(report: Report) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", read(report)["creationInfo"]["created"])


def test_a_time_of_another_zone_is_told_in_utc() -> None:
    seoul = datetime(2026, 6, 1, 21, 0, 0, 999, timezone(timedelta(hours=9)))
    assert read(reports.report(scanned_at=seoul))["creationInfo"]["created"] == "2026-06-01T12:00:00Z"


def test_an_image_is_described_with_what_it_contains() -> None:
    document = read(reports.report())
    image, system, util_linux, lodash = document["packages"]
    of = digest.of(b"an image")
    assert document["name"] == f"main/apps/web@{of}"
    assert document["creationInfo"]["creators"] == ["Tool: berth-0.1.0"]
    assert document["comment"] == "Not checked: Free support of Debian 12 has ended."
    assert image["checksums"] == [{"algorithm": "SHA256", "checksumValue": of.hex}]
    assert (image["primaryPackagePurpose"], system["primaryPackagePurpose"]) == ("CONTAINER", "OPERATING_SYSTEM")
    assert (system["name"], system["versionInfo"]) == ("debian", "12")
    assert util_linux["sourceInfo"] == "built package from: util-linux 2.38.1-5"
    assert util_linux["externalRefs"][0]["referenceLocator"].startswith("pkg:deb/debian/bsdutils@")
    assert (lodash["licenseDeclared"], lodash["supplier"]) == ("MIT", "NOASSERTION")


def test_words_about_a_licence_are_kept_as_they_are() -> None:
    package = replace(reports.LODASH, license="GPLv2+ and BSD")
    document = read(reports.report(packages=(package, replace(package, path="other"))))
    [told] = document["hasExtractedLicensingInfos"]
    assert told["extractedText"] == "GPLv2+ and BSD"
    assert [each["licenseDeclared"] for each in document["packages"][2:]] == [told["licenseId"]] * 2


def test_a_package_that_stands_twice_is_told_once() -> None:
    document = read(reports.report(packages=(reports.LODASH, reports.LODASH)))
    assert [each["name"] for each in document["packages"]] == ["main/apps/web", "debian", "lodash"]
