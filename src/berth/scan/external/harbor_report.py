"""The report of Harbor's pluggable scanner API: findings by the name and version of a package.

It tells neither where a package is nor whether it is the system's, so our own inventory is asked for that.
"""

from collections.abc import Iterator, Mapping

from berth.scan.external import documents, flaws
from berth.scan.external.documents import JSON
from berth.scan.external.flaws import Measured
from berth.scan.external.reported import Reported
from berth.scan.failed import ScanFailed
from berth.scan.inventory import Gap, Inventory, Package
from berth.scan.matches import Match
from berth.scan.report import Finding
from berth.scan.severity import of_harbor
from berth.words.policies import Level

Known = Mapping[tuple[str, str], list[Package]]
"""The packages of an image, by their names and versions."""

_ALONE = Gap("unread", "The adapter tells neither packages nor secrets, and the image was not read by Berth itself.")


def parse(document: JSON, inventory: Inventory | None, *, rated_by: str = "", digest: str = "") -> Reported:
    """Raises `ScanFailed` for what is no report, or is one of another image than this digest.

    A list that is null is an empty one, but one must be there.
    """
    artifact = documents.text(documents.table(document.get("artifact")).get("digest"))
    if digest and artifact not in {"", digest}:
        raise ScanFailed("SCANNER_OUTPUT", f"the adapter reports of another image, {artifact}")
    listed = document.get("vulnerabilities")
    if "vulnerabilities" not in document or not isinstance(listed, list | None):
        raise ScanFailed("SCANNER_OUTPUT", "what the adapter reports has no list of vulnerabilities")
    known = _known(inventory) if inventory is not None else {}
    scanner = documents.table(document.get("scanner"))
    source = (rated_by or documents.text(scanner.get("name"))).lower()
    findings = (finding for each in documents.entries(listed) for finding in _findings(each or {}, known, source))
    if inventory is None:
        return Reported.gathered(None, findings=findings, gaps=[_ALONE], scanner="harbor")
    return Reported.gathered(
        inventory.os,
        packages=inventory.packages,
        findings=findings,
        secrets=inventory.secrets,
        gaps=inventory.gaps,
        scanner="harbor",
        scanner_version=documents.text(scanner.get("version")),
    )


def _known(inventory: Inventory) -> Known:
    """By the names of source packages too, which some scanners speak of."""
    known: dict[tuple[str, str], list[Package]] = {}
    for package in inventory.packages:
        keys = {
            _key(package.name, package.version),
            _key(package.source_name or package.name, package.source_version or package.version),
        }
        for key in keys:
            known.setdefault(key, []).append(package)
    return known


def _findings(each: JSON, known: Known, source: str) -> Iterator[Finding | None]:
    name, package = documents.text(each.get("id")), documents.text(each.get("package"))
    version = documents.text(each.get("version"))
    if not name or not package:
        yield None
        return
    for found in known.get(_key(package, version)) or [_unknown(package, version)]:
        yield Finding(found, _match(each, found, name, source))


def _unknown(name: str, version: str) -> Package:
    """One that we did not find. It counts among the system's, which no policy leaves out as a whole."""
    return Package("os", "generic", name, version)


def _match(each: JSON, package: Package, name: str, source: str) -> Match:
    fixed = flaws.fix(package, documents.text(each.get("fix_version"), documents.MAX_PATH).split(","))
    level = of_harbor(documents.text(each.get("severity")))
    return Match(
        vulnerability=flaws.vulnerability(
            name,
            (),
            _measured(documents.table(each.get("preferred_cvss"))),
            flaws.listed(each.get("links")),
            description=each.get("description"),
        ),
        level=level,
        level_source=source if level is not Level.UNKNOWN else "",
        fixed_version=fixed,
        fix_state=flaws.fix_state(fixed, documents.text(each.get("status")) or "affected"),
        records=(name,),
    )


def _measured(cvss: JSON) -> Iterator[Measured]:
    yield "v3", cvss.get("vector_v3")
    yield "v2", cvss.get("vector_v2")


def _key(name: str, version: str) -> tuple[str, str]:
    """As different scanners write the same: an epoch of 0, the `v` of Go, `PyYAML`."""
    return name.lower().replace("_", "-"), version.removeprefix("0:").removeprefix("v")
