"""The vulnerabilities of a CycloneDX document: each once, with all that rate it and all components that have it."""

from collections.abc import Iterable, Iterator
from typing import Any

from berth.scan.exports import ids, links, ratings
from berth.scan.exports.pieces import Open
from berth.scan.matches import Vulnerability
from berth.scan.report import Finding
from berth.words import time
from berth.words.policies import Level

SEVERITIES = {Level.NEGLIGIBLE: "info"}
"""CycloneDX has no word for it; other levels it names the same."""

JSON = dict[str, Any]  # Any: JSON values


def by_vulnerability(findings: Iterable[Finding]) -> Iterator[Open]:
    grouped: dict[str, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(finding.match.vulnerability.id, []).append(finding)
    return (_vulnerability(group) for group in grouped.values())


def _vulnerability(group: list[Finding]) -> Open:
    known = group[0].match.vulnerability
    fields = {
        "id": known.id,
        **_source(known.id),
        "references": [{"id": alias, **_source(alias)} for alias in known.aliases if links.about(alias)],
        "ratings": _ratings(group),
        "description": known.description or known.title,
        "recommendation": "; ".join(dict.fromkeys(filter(None, map(_upgrade, group)))),
        "advisories": [{"url": link} for link in links.web(known.links)],
        **_times(known),
        "affects": _affects(group),
        "properties": [{"name": "berth:malware", "value": "true"}] if known.malware else [],
    }
    return Open(fields)


def _source(id_: str) -> JSON:
    page = links.about(id_)
    return {"source": {"url": page}} if page else {}


def _ratings(group: list[Finding]) -> list[JSON]:
    """The levels that were given, each once and with who gave it, and apart from them the score with its vector."""
    given = dict.fromkeys((finding.match.level, finding.match.level_source) for finding in group)
    rated: list[JSON] = [
        {"severity": SEVERITIES.get(level, level.value)} | ({"source": {"name": source}} if source else {})
        for level, source in given
    ]
    known = group[0].match.vulnerability
    score = ratings.score(known)
    if score is not None and known.vector:
        rated.append({"score": score, "method": ratings.method(known.vector), "vector": known.vector})
    return rated


def _upgrade(finding: Finding) -> str:
    fixed = finding.match.fixed_version
    return f"Upgrade {finding.package.name} to version {fixed}" if fixed else ""


def _times(known: Vulnerability) -> JSON:
    times = {"published": known.published, "updated": known.modified}
    return {name: time.text(instant) for name, instant in times.items() if instant is not None}


def _affects(group: list[Finding]) -> Iterator[JSON]:
    for package in dict.fromkeys(package for finding in group for package in finding.packages):
        yield {"ref": ids.package(package)}
