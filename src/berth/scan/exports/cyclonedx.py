"""The inventory as CycloneDX 1.6, with its vulnerabilities when asked.

Trivy and Grype match such a file again, and are exact only where they find their own words: `aquasecurity:trivy:*` and
`syft:distro:*` are these. For the same reason the system bears the name that Trivy gives it.
"""

import uuid
from collections.abc import Iterator
from itertools import chain
from typing import Any

from berth.scan import exclusion, purls
from berth.scan.exports import affected, ids, licences, pieces, trivy
from berth.scan.exports.pieces import Open
from berth.scan.inventory import OperatingSystem, Package
from berth.scan.report import Report
from berth.words import time

MEDIA_TYPE = "application/vnd.cyclonedx+json; version=1.6"

LONGEST_VERSION = 1024
"""Characters that the schema takes."""
IMAGE = "image"
SYSTEM = "operating-system"

_GROUPED = {"maven", "npm", "composer"}
"""Whose names have two parts, told apart as `group` and `name`."""
_ALGORITHMS = {"sha256": "SHA-256", "sha512": "SHA-512"}

JSON = dict[str, Any]  # Any: JSON values


def document(report: Report, *, vulnerabilities: bool = False) -> Iterator[bytes]:
    findings = exclusion.apply(report.policy, report.findings, ()).findings if vulnerabilities else ()
    packages = list(dict.fromkeys(chain(report.packages, *(finding.packages for finding in findings))))
    written = Open(
        {
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": _serial(report, vulnerabilities=vulnerabilities),
            "version": 1,
            "metadata": _metadata(report, vulnerabilities=vulnerabilities),
            "components": _components(report, packages),
            "dependencies": _dependencies(report, packages),
        }
    )
    if vulnerabilities:
        written["vulnerabilities"] = affected.by_vulnerability(findings)
    return pieces.of_json(written)


def _serial(report: Report, *, vulnerabilities: bool) -> str:
    """Of the digest, the name under which it is looked at, and whether more than the inventory is told."""
    told = "vulnerabilities" if vulnerabilities else "inventory"
    return uuid.uuid5(uuid.NAMESPACE_OID, f"cyclonedx:{told}:{report.name}@{report.digest}").urn


def _metadata(report: Report, *, vulnerabilities: bool) -> JSON:
    scanner = {
        "type": "application",
        "name": report.scanner.name,
        "version": report.scanner.version[:LONGEST_VERSION],
    }
    properties = [_property(f"berth:gap:{gap.code}", gap.text) for gap in report.gaps]
    if vulnerabilities and report.advisories is not None:
        properties.append(_property("berth:advisories:build", report.advisories.build))
        properties.append(_property("berth:advisories:time", time.text(report.advisories.time)))
    return {
        "timestamp": time.text(report.evaluated_at if vulnerabilities else report.scanned_at),
        "tools": {"components": [scanner]},
        "component": {
            "type": "container",
            "bom-ref": IMAGE,
            "name": report.name,
            "version": str(report.digest),
            "purl": purls.of_image(report.name, report.digest),
            "hashes": [{"alg": _ALGORITHMS[report.digest.algorithm], "content": report.digest.hex}],
            "properties": [_property("aquasecurity:trivy:RepoDigest", f"{report.name}@{report.digest}")],
        },
        "properties": properties,
    }


def _components(report: Report, packages: list[Package]) -> Iterator[JSON]:
    if report.os is not None:
        yield _system(report.os)
    for package in packages:
        yield _component(package, report.os)


def _system(os: OperatingSystem) -> JSON:
    return {
        "type": "operating-system",
        "bom-ref": SYSTEM,
        "name": trivy.family(os),
        "version": os.version[:LONGEST_VERSION],
        "description": os.name,
        "properties": [
            _property("aquasecurity:trivy:Class", "os-pkgs"),
            _property("aquasecurity:trivy:Type", trivy.family(os)),
            _property("syft:distro:id", os.id),
            _property("syft:distro:versionID", os.version),
            _property("syft:distro:prettyName", os.name),
        ],
    }


def _component(package: Package, os: OperatingSystem | None) -> JSON:
    group, name = purls.split(package) if package.type in _GROUPED else ("", package.name)
    license_ = licences.expression(package.license)
    optional = {
        "group": group,
        "supplier": package.vendor and {"name": package.vendor},
        "licenses": package.license
        and [{"expression": license_} if license_ else {"license": {"name": package.license}}],
        "purl": purls.of(package, os),
    }
    return {
        "type": "library",
        "bom-ref": ids.package(package),
        "name": name,
        "version": package.version[:LONGEST_VERSION],
        **{field: value for field, value in optional.items() if value},
        "properties": [
            _property(f"aquasecurity:trivy:{name}", value) for name, value in trivy.properties(package, os) if value
        ],
    }


def _dependencies(report: Report, packages: list[Package]) -> Iterator[Open]:
    """The image has a system and packages, the system has its own. What packages need of each other is not known."""
    of_system = [package for package in packages if package.kind == "os" and report.os is not None]
    of_image = [package for package in packages if package.kind != "os" or report.os is None]
    below = chain([SYSTEM] if report.os is not None else [], map(ids.package, of_image))
    yield Open(ref=IMAGE, dependsOn=iter(below))
    if report.os is not None:
        yield Open(ref=SYSTEM, dependsOn=map(ids.package, of_system))


def _property(name: str, value: str) -> JSON:
    return {"name": name, "value": value}
