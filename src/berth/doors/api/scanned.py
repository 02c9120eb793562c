"""From results of scans to the shapes of this door."""

from typing import Any

from berth.doors.api.shapes import scans as shapes
from berth.restriction.waiving import Cover
from berth.scan.looking import FindingRow, PackageRow, Part, SecretRow
from berth.scan.queue import Scan
from berth.scan.standing import Standing
from berth.scan.tally import Counts, Tally
from berth.words.policies import ScanPolicy

Facts = dict[str, Any]  # Any: fields of a shape


def facts(stands: Standing) -> Facts:
    return {
        **vars(stands),
        "counts": None if stands.counts is None else counts(stands.counts),
        "re_scan_needed": stands.re_scan_needed,
    }


def counts(found: Counts) -> Facts:
    by_level = {level.value: count for level, count in found.levels.items()}
    return {**by_level, "total": found.total, "fixable": found.fixable, "hidden": found.hidden}


def scan(stands: Standing) -> shapes.Scan:
    return shapes.Scan.model_validate(facts(stands))


def image(part: Part) -> Facts:
    result = part.result
    os = result.os
    ends = None if os is None or os.eol_on is None else os.eol_on.isoformat()
    return {
        "digest": part.digest,
        "platform": part.platform,
        "scanner": result.scanner,
        "scanner_version": result.scanner_version,
        "os": None if os is None else {"id": os.id, "version": os.version, "name": os.name, "eol_on": ends},
        "packages": result.packages,
        "scanned_at": result.taken_at,
        "advisories": result.advisories,
    }


def finding(row: FindingRow, waiver: Cover | None) -> shapes.Finding:
    match = row.finding.match
    flaw = match.vulnerability
    return shapes.Finding.model_validate(
        {
            "vulnerability": flaw.id,
            "aliases": flaw.aliases,
            "severity": match.level.value,
            "severity_source": match.level_source,
            "package": row.finding.package,
            "paths": row.finding.paths,
            "fixed_version": match.fixed_version,
            "fix_state": match.fix_state,
            "title": flaw.title,
            "description": flaw.description,
            "links": flaw.links,
            "vector": flaw.vector,
            "score": flaw.score,
            "published": flaw.published,
            "modified": flaw.modified,
            "malware": flaw.malware,
            "records": match.records,
            "found_at": row.found_at,
            "hidden": row.hidden,
            "waiver": waiver,
            "images": row.parts,
        },
        from_attributes=True,
    )


def package(row: PackageRow) -> shapes.PackageRow:
    shown = shapes.Package.model_validate(row.package).model_dump()
    more = {"paths": row.paths, "counts": row.counts, "images": row.parts}
    return shapes.PackageRow.model_validate({**shown, **more}, from_attributes=True)


def secret(row: SecretRow) -> shapes.Secret:
    found = row.secret
    return shapes.Secret.model_validate(
        {
            "rule": found.rule,
            "severity": found.level,
            "title": found.title,
            "file": found.path,
            "line": found.line,
            "masked": found.masked,
            "layer": found.layer,
            "deleted_later": found.deleted_later,
            "hidden": row.hidden,
            "images": row.parts,
        }
    )


def run(ran: Scan, policy: ScanPolicy) -> shapes.ScanRun:
    found = None if ran.tally is None else counts(_under(ran.tally, policy))
    return shapes.ScanRun.model_validate({**vars(ran), "counts": found})


def _under(tally: Tally, policy: ScanPolicy) -> Counts:
    return tally.under(policy)
