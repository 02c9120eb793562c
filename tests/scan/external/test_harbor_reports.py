"""What becomes of a report of Harbor's pluggable scanner API."""

from typing import Any

import pytest

from berth.scan.external import harbor_report
from berth.scan.external.reported import Reported
from berth.scan.failed import ScanFailed
from berth.scan.inventory import Gap, Inventory, OperatingSystem, Package, Secret
from tests.scan.external.recorded import rows

DEBIAN = OperatingSystem("debian", "12")
BSDUTILS = Package("os", "deb", "bsdutils", "1:2.38.1-5+b1", "util-linux", "2.38.1-5")
MOUNT = Package("os", "deb", "mount", "2.38.1-5+b1", "util-linux", "2.38.1-5")
YAML = Package("language", "pypi", "PyYAML", "5.3.1", path="app/PyYAML.dist-info/METADATA")
LODASH = Package("language", "npm", "lodash", "4.17.15", path="app/a/package.json")
LODASH_AGAIN = Package("language", "npm", "lodash", "4.17.15", path="app/b/package.json")
SECRET = Secret("github-pat", "critical", "GitHub token", "app/.env", 3, "ghp_****")
INVENTORY = Inventory(
    DEBIAN,
    (BSDUTILS, MOUNT, YAML, LODASH, LODASH_AGAIN),
    (SECRET,),
    (Gap("truncated", "too many"),),
)


def parsed(*vulnerabilities: Any, inventory: Inventory | None = INVENTORY) -> Reported:  # Any: JSON
    return harbor_report.parse({"vulnerabilities": list(vulnerabilities)}, inventory, rated_by="Clair")


def flaw(**changes: Any) -> dict[str, Any]:  # Any: JSON
    return {"id": "CVE-2020-1001", "package": "mount", "version": "2.38.1-5+b1", "severity": "High"} | changes


def test_everything_a_report_says_of_a_flaw_is_kept() -> None:
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    (finding,) = parsed(
        flaw(
            fix_version="2.38.1-5+deb12u1",
            description="Escape sequences",
            links=["https://security-tracker.debian.org/tracker/CVE-2020-1001", "file:///etc/passwd"],
            preferred_cvss={"score_v3": 9.8, "vector_v3": vector, "score_v2": None, "vector_v2": ""},
        )
    ).findings
    assert (finding.match.level, finding.match.level_source) == ("high", "clair")
    assert (finding.match.fixed_version, finding.match.fix_state) == ("2.38.1-5+deb12u1", "fixed")
    assert (finding.match.vulnerability.score, finding.match.vulnerability.vector) == (9.8, vector)
    assert finding.match.vulnerability.links == ("https://security-tracker.debian.org/tracker/CVE-2020-1001",)
    assert finding.match.vulnerability.description == "Escape sequences"


@pytest.mark.parametrize(
    ("package", "version", "packages"),
    [
        ("mount", "2.38.1-5+b1", (MOUNT,)),
        ("util-linux", "2.38.1-5", (BSDUTILS, MOUNT)),
        ("bsdutils", "1:2.38.1-5+b1", (BSDUTILS,)),
        ("pyyaml", "5.3.1", (YAML,)),
        ("lodash", "4.17.15", (LODASH, LODASH_AGAIN)),
        ("lodash", "4.17.16", (Package("os", "generic", "lodash", "4.17.16"),)),
    ],
)
def test_the_inventory_says_which_packages_are_meant(package: str, version: str, packages: tuple[Package, ...]) -> None:
    found = parsed(flaw(package=package, version=version)).findings
    assert tuple(finding.package for finding in found) == packages


def test_packages_secrets_and_gaps_come_from_the_inventory() -> None:
    reported = parsed()
    assert (reported.os, reported.packages, reported.secrets) == (DEBIAN, INVENTORY.packages, (SECRET,))
    assert reported.gaps == INVENTORY.gaps


def test_without_an_inventory_it_is_told_what_was_not_looked_at() -> None:
    reported = parsed(flaw(), inventory=None)
    assert rows(reported) == [("os", "mount", "2.38.1-5+b1", "CVE-2020-1001", "high", "unfixed")]
    assert [gap.code for gap in reported.gaps] == ["unread"]


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("Critical", "critical"),
        ("High", "high"),
        ("Medium", "medium"),
        ("Low", "low"),
        ("Negligible", "negligible"),
        ("Unknown", "unknown"),
        ("Defcon1", "unknown"),
        (None, "unknown"),
    ],
)
def test_levels_are_the_adapters(word: str | None, level: str) -> None:
    (finding,) = parsed(flaw(severity=word)).findings
    assert (finding.match.level, finding.match.level_source) == (level, "" if level == "unknown" else "clair")


def test_a_list_that_is_null_is_an_empty_one() -> None:
    assert harbor_report.parse({"vulnerabilities": None}, INVENTORY).findings == ()


@pytest.mark.parametrize("given", [{}, {"vulnerabilities": {}}, {"vulnerabilities": "none"}, {"error": {}}])
def test_a_report_without_a_list_is_no_clean_image(given: dict[str, Any]) -> None:  # Any: JSON
    with pytest.raises(ScanFailed) as failed:
        harbor_report.parse(given, INVENTORY)
    assert failed.value.code == "SCANNER_OUTPUT"


@pytest.mark.parametrize(
    "odd", [{"id": "CVE-2020-1002"}, {"package": "mount"}, "CVE-2020-1003", None, flaw(id="x" * 121)]
)
def test_a_finding_that_cannot_be_read_is_told_of(odd: Any) -> None:  # Any: JSON
    reported = parsed(flaw(), odd)
    assert len(reported.findings) == 1
    assert [gap.code for gap in reported.gaps] == ["truncated", "damaged"]


@pytest.mark.parametrize(
    ("artifact", "is_ours"),
    [
        ({"digest": "sha256:ours"}, True),
        ({"digest": "sha256:theirs"}, False),
        ({"digest": "sha256:ours\u202e"}, True),
        ({}, True),
        (None, True),
    ],
)
def test_a_report_of_another_image_is_none_of_this_one(artifact: Any, *, is_ours: bool) -> None:  # Any: JSON
    document = {"artifact": artifact, "vulnerabilities": []}
    if is_ours:
        assert harbor_report.parse(document, INVENTORY, digest="sha256:ours").findings == ()
        return
    with pytest.raises(ScanFailed) as failed:
        harbor_report.parse(document, INVENTORY, digest="sha256:ours")
    assert (failed.value.code, "sha256:theirs" in failed.value.text) == ("SCANNER_OUTPUT", True)
