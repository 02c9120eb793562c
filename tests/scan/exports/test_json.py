"""The shape that programs rely on."""

import json
from typing import Any

from hypothesis import given

from berth.scan import exclusion
from berth.scan.exports import json as exports
from berth.scan.report import Report
from berth.words import digest
from berth.words.policies import Level, ScanPolicy
from tests.scan import reports

NO_COUNT = dict.fromkeys(["critical", "high", "medium", "low", "negligible", "unknown", "none", "total"], 0)


def document(report: Report) -> Any:  # Any: JSON
    return json.loads(b"".join(exports.document(report)))


def readable(text: str) -> str:
    return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)


@given(reports.reports())
def test_what_is_read_back_is_what_was_found(report: Report) -> None:
    view = exclusion.apply(report.policy, report.findings, report.secrets)
    read = document(report)
    assert [
        (each["id"], each["level"], each["fixed_version"], each["package"]["name"], each["package"]["version"])
        for each in read["vulnerabilities"]
    ] == [
        (
            readable(finding.match.vulnerability.id),
            finding.match.level,
            readable(finding.match.fixed_version),
            readable(finding.package.name),
            readable(finding.package.version),
        )
        for finding in view.findings
    ]
    assert [each["path"] for each in read["packages"]] == [readable(package.path) for package in report.packages]
    assert [each["masked"] for each in read["secrets"]] == [readable(secret.masked) for secret in view.secrets]
    assert [each["text"] for each in read["gaps"]] == [readable(gap.text) for gap in report.gaps]
    assert read["counts"]["hidden"] == view.counts().hidden


def test_the_shape_is_as_it_was() -> None:
    purl = "pkg:deb/debian/bsdutils@1:2.38.1-5%2Bb1?arch=amd64&distro=debian-12&upstream=util-linux%402.38.1-5"
    package = {
        "kind": "os",
        "type": "deb",
        "name": "bsdutils",
        "version": "1:2.38.1-5+b1",
        "purl": purl,
        "source_name": "util-linux",
        "source_version": "2.38.1-5",
        "arch": "amd64",
        "path": "var/lib/dpkg/status",
        "layer": reports.LAYER,
    }
    policy = ScanPolicy(exclusion=True, exclude_level=Level.NEGLIGIBLE)
    shown = reports.finding(fixed="2.39")
    hidden = reports.finding(id_="CVE-2022-0563", level=Level.NEGLIGIBLE)
    one = NO_COUNT | {"low": 1, "total": 1}
    assert document(reports.report(findings=(shown, hidden), packages=(reports.UTIL_LINUX,), policy=policy)) == {
        "image": {
            "registry": "main",
            "repository": "apps",
            "image": "web",
            "digest": str(digest.of(b"an image")),
        },
        "os": {
            "id": "debian",
            "version": "12",
            "name": "Debian GNU/Linux 12 (bookworm)",
            "codename": "bookworm",
            "eol_on": None,
        },
        "scanner": {"name": "berth", "version": "0.1.0"},
        "advisories": {"build": "2026-06-01", "time": "2026-06-01T12:00:00.000000Z"},
        "scanned_at": "2026-06-01T12:00:00.000000Z",
        "evaluated_at": "2026-06-01T12:00:00.000000Z",
        "policy": {
            "automatic": False,
            "exclusion": True,
            "exclude_language_packages": False,
            "exclude_secrets": False,
            "exclude_unfixed": False,
            "exclude_level": "negligible",
            "publish_sbom": "",
        },
        "counts": {
            "findings": one,
            "fixable": one,
            "vulnerabilities": 1,
            "hidden": 1,
            "secrets": NO_COUNT | {"critical": 1, "total": 1},
            "hidden_secrets": 0,
        },
        "gaps": [{"code": "os-eol", "text": "Free support of Debian 12 has ended."}],
        "vulnerabilities": [
            {
                "id": "CVE-2024-28085",
                "aliases": ["GHSA-aaaa-bbbb-cccc"],
                "level": "low",
                "level_source": "debian",
                "score": 3.3,
                "vector": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N",
                "title": "Escape sequences reach other terminals",
                "description": "",
                "links": ["https://example.org/advisory"],
                "published": "2026-06-01T12:00:00.000000Z",
                "modified": None,
                "malware": False,
                "fixed_version": "2.39",
                "fix_state": "fixed",
                "records": ["DSA-1"],
                "package": package,
                "paths": ["var/lib/dpkg/status"],
            }
        ],
        "packages": [package | {"license": "", "vendor": "", "module": "", "owned": False, "vulnerabilities": one}],
        "secrets": [
            {
                "rule": "github-pat",
                "level": "critical",
                "title": "GitHub token",
                "path": "app/.env",
                "line": 3,
                "masked": "ghp_****",
                "layer": reports.LAYER,
                "deleted_later": False,
            }
        ],
    }
