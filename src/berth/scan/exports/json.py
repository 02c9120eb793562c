"""Results for programs of one's own, in a shape that grows and whose fields never change their meaning.

    image            registry, repository, image, digest
    os               id, version, name, codename, eol_on; null where none is known
    scanner          name, version
    advisories       build, time; null where the scanner does not tell
    scanned_at, evaluated_at
    policy           the exclusion policy in force
    counts           findings and fixable by level and in total, vulnerabilities, hidden;
                     secrets by level and in total, hidden_secrets
    gaps             [code, text]: what was not checked
    vulnerabilities  [id, aliases, level, level_source, score, vector, title, description, links, published, modified,
                      malware, fixed_version, fix_state, records, package, paths]
    packages         [kind, type, name, version, purl, source_name, source_version, arch, path, layer, license, vendor,
                      module, owned, vulnerabilities]: the last one counts by level and in total
    secrets          [rule, level, title, path, line, masked, layer, deleted_later]

Levels are `critical high medium low negligible unknown none`, times are UTC with microseconds, what is unknown is an
empty string, a score or a time that is unknown null. The package of a vulnerability has the fields `kind` to `layer`
and is that of the first of its paths; among the packages it stands once for each of them.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from berth.scan import exclusion, purls, report
from berth.scan.exports import pieces, ratings
from berth.scan.exports.pieces import Open
from berth.scan.inventory import OperatingSystem, Package
from berth.scan.report import ByLevel, Counts, Finding, Report
from berth.words import time
from berth.words.policies import Level

MEDIA_TYPE = "application/json"

JSON = dict[str, Any]  # Any: JSON values


def document(of: Report) -> Iterator[bytes]:
    view = exclusion.apply(of.policy, of.findings, of.secrets)
    counts = report.count_by_package(view.findings)
    return pieces.of_json(
        Open(
            image={
                "registry": of.registry,
                "repository": of.repository,
                "image": of.image,
                "digest": str(of.digest),
            },
            os=_os(of.os),
            scanner=asdict(of.scanner),
            advisories=of.advisories and {"build": of.advisories.build, "time": time.text(of.advisories.time)},
            scanned_at=time.text(of.scanned_at),
            evaluated_at=time.text(of.evaluated_at),
            policy=of.policy.to_json(),
            counts=_counts(view.counts()),
            gaps=(asdict(gap) for gap in of.gaps),
            vulnerabilities=(_vulnerability(finding, of.os) for finding in view.findings),
            packages=(_package(package, of.os, counts.get(package, ByLevel())) for package in of.packages),
            secrets=(asdict(secret) for secret in view.secrets),
        )
    )


def _os(os: OperatingSystem | None) -> JSON | None:
    if os is None:
        return None
    return asdict(os) | {"eol_on": os.eol_on.isoformat() if os.eol_on else None}


def _counts(counts: Counts) -> JSON:
    return {
        "findings": _by_level(counts.findings),
        "fixable": _by_level(counts.fixable),
        "vulnerabilities": counts.vulnerabilities,
        "hidden": counts.hidden,
        "secrets": _by_level(counts.secrets),
        "hidden_secrets": counts.hidden_secrets,
    }


def _by_level(counts: ByLevel) -> JSON:
    return {level.value: getattr(counts, level.value) for level in reversed(Level)} | {"total": counts.total}


def _vulnerability(finding: Finding, os: OperatingSystem | None) -> JSON:
    match = finding.match
    known = match.vulnerability
    return {
        "id": known.id,
        "aliases": known.aliases,
        "level": match.level,
        "level_source": match.level_source,
        "score": ratings.score(known),
        "vector": known.vector,
        "title": known.title,
        "description": known.description,
        "links": known.links,
        "published": known.published and time.text(known.published),
        "modified": known.modified and time.text(known.modified),
        "malware": known.malware,
        "fixed_version": match.fixed_version,
        "fix_state": match.fix_state,
        "records": match.records,
        "package": _place(finding.package, os),
        "paths": finding.paths,
    }


def _place(package: Package, os: OperatingSystem | None) -> JSON:
    return {
        "kind": package.kind,
        "type": package.type,
        "name": package.name,
        "version": package.version,
        "purl": purls.of(package, os),
        "source_name": package.source_name,
        "source_version": package.source_version,
        "arch": package.arch,
        "path": package.path,
        "layer": package.layer,
    }


def _package(package: Package, os: OperatingSystem | None, counts: ByLevel) -> JSON:
    return _place(package, os) | {
        "license": package.license,
        "vendor": package.vendor,
        "module": package.module,
        "owned": package.owned,
        "vulnerabilities": _by_level(counts),
    }
