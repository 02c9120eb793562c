"""Results for code scanning: SARIF 2.1.0, with a rule for every vulnerability and for every kind of secret.

A package has no line of source, so a result lies in the file that told of the package and names the package as well.
What was not checked is told by notifications of the run: no result never means that all is well.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from berth.scan import exclusion, purls
from berth.scan.exclusion import View
from berth.scan.exports import ids, links, pieces, ratings
from berth.scan.exports.pieces import Open
from berth.scan.hiding import RANKS
from berth.scan.inventory import Secret
from berth.scan.report import Finding, Report
from berth.words import time
from berth.words.policies import Level

MEDIA_TYPE = "application/sarif+json"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

LEVELS = {Level.CRITICAL: "error", Level.HIGH: "error", Level.MEDIUM: "warning"}
"""Others are notes."""
LONGEST_TEXT = 1000
"""Characters of a text; code scanning of GitHub takes no more than 1024."""

JSON = dict[str, Any]  # Any: JSON values


def document(report: Report) -> Iterator[bytes]:
    view = exclusion.apply(report.policy, report.findings, report.secrets)
    return pieces.of_json(Open({"$schema": SCHEMA, "version": "2.1.0", "runs": iter([_run(report, view)])}))


def _run(report: Report, view: View) -> Open:
    worst = _worst(view.findings)
    kinds = {_rule_of(secret): secret for secret in view.secrets}
    places = {rule: place for place, rule in enumerate([*worst, *kinds])}
    rules = [_rule(finding) for finding in worst.values()] + [_secret_rule(secret) for secret in kinds.values()]
    driver = {"name": report.scanner.name} | ({"version": report.scanner.version} if report.scanner.version else {})
    return Open(
        tool=Open(driver=Open(**driver, rules=iter(rules))),
        automationDetails={"id": f"{report.name}/{report.digest}"},
        invocations=[_invocation(report)],
        originalUriBaseIds={"IMAGE": {"description": _text(f"The root of {report.name}@{report.digest}")}},
        columnKind="unicodeCodePoints",
        results=_results(report, view, places),
        properties=_properties(report, view),
    )


def _worst(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Of every vulnerability the finding with the highest level, which its rule is made of."""
    worst: dict[str, Finding] = {}
    for finding in findings:
        known = worst.setdefault(finding.match.vulnerability.id, finding)
        if RANKS[finding.match.level] > RANKS[known.match.level]:
            worst[finding.match.vulnerability.id] = finding
    return worst


def _rule(finding: Finding) -> JSON:
    match = finding.match
    known = match.vulnerability
    page = next(iter(links.web(known.links)), "") or links.about(known.id)
    return {
        "id": known.id,
        "name": "OsPackageVulnerability" if finding.package.kind == "os" else "LanguagePackageVulnerability",
        "shortDescription": _text(known.title or known.id),
        "fullDescription": _text(known.description or known.title or known.id),
        **({"helpUri": page} if page else {}),
        "help": _text("\n".join([known.id, known.title, *links.web(known.links)])),
        **_severity(match.level, ratings.score(known), "vulnerability"),
    }


def _secret_rule(secret: Secret) -> JSON:
    return {
        "id": _rule_of(secret),
        "name": "Secret",
        "shortDescription": _text(secret.title or secret.rule),
        "fullDescription": _text(f"{secret.title or secret.rule}. Whoever can pull the image has it."),
        "help": _text(
            "Replace it, for it is known already, and take it out of the image and of what it is built from."
        ),
        **_severity(Level(secret.level), None, "secret"),
    }


def _severity(level: Level, score: float | None, kind: str) -> JSON:
    return {
        "defaultConfiguration": {"level": LEVELS.get(level, "note")},
        "properties": {
            "tags": ["security", kind, level.value],
            "precision": "very-high",
            "security-severity": f"{ratings.score_for(level, score):.1f}",
        },
    }


def _results(report: Report, view: View, places: dict[str, int]) -> Iterator[JSON]:
    for finding in view.findings:
        yield _result(report, finding, places[finding.match.vulnerability.id])
    for secret in view.secrets:
        yield _secret_result(report, secret, places[_rule_of(secret)])


def _result(report: Report, finding: Finding, place: int) -> JSON:
    package, match = finding.package, finding.match
    mended = f"fixed in {match.fixed_version}" if match.fixed_version else "there is no version that fixes it"
    named = {"name": package.name, "kind": "package", "fullyQualifiedName": purls.of(package, report.os)}
    return {
        "ruleId": match.vulnerability.id,
        "ruleIndex": place,
        "level": LEVELS.get(match.level, "note"),
        "message": _text(f"{package.name} {package.version} has {match.vulnerability.id} ({match.level}); {mended}."),
        "locations": [{**_place(report, path, 1), "logicalLocations": [named]} for path in finding.paths],
        **_fingerprints(ids.finding(finding)),
        "properties": {
            "level": match.level,
            "levelSource": match.level_source,
            "installedVersion": package.version,
            "fixedVersion": match.fixed_version,
            "fixState": match.fix_state,
            "layer": package.layer,
        },
    }


def _secret_result(report: Report, secret: Secret, place: int) -> JSON:
    later = " A later layer deletes the file, but not from the image." if secret.deleted_later else ""
    return {
        "ruleId": _rule_of(secret),
        "ruleIndex": place,
        "level": LEVELS.get(Level(secret.level), "note"),
        "message": _text(f"{secret.title or secret.rule} in {secret.path}: {secret.masked}.{later}"),
        "locations": [_place(report, secret.path, secret.line)],
        **_fingerprints(ids.secret(secret)),
        "properties": {"level": secret.level, "layer": secret.layer},
    }


def _place(report: Report, path: str, line: int) -> JSON:
    """A path of the image; where none is known, the image. A line is always told, since readers ask for one."""
    uri = quote(path.strip("/") or report.name, safe="/", errors="replace")
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": uri, "uriBaseId": "IMAGE"},
            "region": {"startLine": max(line, 1)},
        }
    }


def _text(text: str) -> JSON:
    """Cut to what readers take. `[words](address)` would become a link, and names of images make none."""
    return {"text": text[:LONGEST_TEXT].replace("](", "] (")}


def _fingerprints(id_: str) -> JSON:
    """The second is the only one that code scanning of GitHub reads; without it all results of a file are one."""
    return {"fingerprints": {"berth/v1": id_}, "partialFingerprints": {"primaryLocationLineHash": f"{id_}:1"}}


def _rule_of(secret: Secret) -> str:
    """Kept apart from names of vulnerabilities; rules of one kind may differ in their level."""
    return f"secret/{secret.rule}/{secret.level}"


def _invocation(report: Report) -> JSON:
    return {
        "executionSuccessful": True,
        "endTimeUtc": time.text(report.evaluated_at),
        "toolExecutionNotifications": [
            {"level": "warning", "message": _text(gap.text or gap.code), "properties": {"code": gap.code}}
            for gap in report.gaps
        ],
    }


def _properties(report: Report, view: View) -> JSON:
    counts = view.counts()
    return {
        "image": report.name,
        "digest": str(report.digest),
        "scannedAt": time.text(report.scanned_at),
        "advisories": report.advisories.build if report.advisories else "",
        "hiddenByPolicy": counts.hidden,
        "hiddenSecrets": counts.hidden_secrets,
    }
