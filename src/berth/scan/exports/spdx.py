"""The inventory as SPDX 2.3: the image and its system, and the packages that the image contains."""

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from berth.scan import purls
from berth.scan.exports import ids, licences, pieces
from berth.scan.exports.pieces import Open
from berth.scan.inventory import OperatingSystem, Package
from berth.scan.report import Report

MEDIA_TYPE = "application/spdx+json"

DOCUMENT = "SPDXRef-DOCUMENT"
IMAGE = "SPDXRef-Image"
SYSTEM = "SPDXRef-OperatingSystem"
UNKNOWN = "NOASSERTION"

JSON = dict[str, Any]  # Any: JSON values


def document(report: Report) -> Iterator[bytes]:
    packages = list(dict.fromkeys(report.packages))
    return pieces.of_json(
        Open(
            spdxVersion="SPDX-2.3",
            dataLicense="CC0-1.0",
            SPDXID=DOCUMENT,
            name=f"{report.name}@{report.digest}",
            documentNamespace=uuid.uuid5(uuid.NAMESPACE_OID, f"spdx:{report.name}@{report.digest}").urn,
            creationInfo={"created": _seconds(report.scanned_at), "creators": [_tool(report)]},
            comment=" ".join(["Not checked:", *(gap.text for gap in report.gaps)]) if report.gaps else "",
            hasExtractedLicensingInfos=_words(packages),
            packages=_packages(report, packages),
            relationships=_relationships(report, packages),
        )
    )


def _seconds(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _tool(report: Report) -> str:
    return f"Tool: {report.scanner.name}-{report.scanner.version}".rstrip("-")


def _packages(report: Report, packages: Iterable[Package]) -> Iterator[JSON]:
    yield _image(report)
    if report.os is not None:
        yield _system(report.os)
    for package in packages:
        yield _package(package, report.os)


def _image(report: Report) -> JSON:
    checksum = {"algorithm": report.digest.algorithm.upper(), "checksumValue": report.digest.hex}
    return _described(IMAGE, report.name, str(report.digest), "CONTAINER") | {
        "checksums": [checksum],
        "externalRefs": [_purl(purls.of_image(report.name, report.digest))],
    }


def _system(os: OperatingSystem) -> JSON:
    return _described(SYSTEM, os.id, os.version, "OPERATING_SYSTEM") | {"summary": os.name}


def _package(package: Package, os: OperatingSystem | None) -> JSON:
    described = _described(_id(package), package.name, package.version, "LIBRARY") | {
        "licenseDeclared": _license(package.license),
        "supplier": f"Organization: {package.vendor}" if package.vendor else UNKNOWN,
    }
    if package.path:
        described["comment"] = f"Found in {package.path}" + (f" of layer {package.layer}" if package.layer else "")
    if package.kind == "os":
        source = f"{package.source_name or package.name} {package.source_version or package.version}"
        described["sourceInfo"] = f"built package from: {source}"
    purl = purls.of(package, os)
    return described | ({"externalRefs": [_purl(purl)]} if purl else {})


def _described(id_: str, name: str, version: str, purpose: str) -> JSON:
    return {
        "SPDXID": id_,
        "name": name,
        "versionInfo": version,
        "primaryPackagePurpose": purpose,
        "downloadLocation": UNKNOWN,
        "filesAnalyzed": False,
        "licenseConcluded": UNKNOWN,
        "licenseDeclared": UNKNOWN,
        "copyrightText": UNKNOWN,
    }


def _purl(purl: str) -> JSON:
    return {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}


def _id(package: Package) -> str:
    return f"SPDXRef-{ids.package(package)}"


def _license(stated: str) -> str:
    """What is no expression is referred to, and `_words` tells it."""
    return (licences.expression(stated) or f"LicenseRef-{ids.text(stated)}") if stated else UNKNOWN


def _words(packages: Iterable[Package]) -> Iterator[JSON]:
    for stated in dict.fromkeys(package.license for package in packages):
        if stated and not licences.expression(stated):
            yield {"licenseId": _license(stated), "extractedText": stated, "name": UNKNOWN}


def _relationships(report: Report, packages: Iterable[Package]) -> Iterator[JSON]:
    yield _relationship(DOCUMENT, "DESCRIBES", IMAGE)
    below = chain([SYSTEM] if report.os is not None else [], map(_id, packages))
    for id_ in below:
        yield _relationship(IMAGE, "CONTAINS", id_)


def _relationship(one: str, kind: str, other: str) -> JSON:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
