"""What somebody learns whose pull is refused.

The rule, counts against limits, the worst findings with what mends them, and the newest tag that may be pulled. It is
looked up only when a rule stands against a pull, and never more than a little of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from berth.db.tables import manifest
from berth.registry import reach
from berth.registry.images import Image
from berth.restriction import findings, newest, sparing, waiving, wording
from berth.restriction.sparing import Finding
from berth.restriction.subjects import Subject
from berth.restriction.verdict import Reason, Rules, Verdict
from berth.scan.hiding import RANKS, hides

WORST = 5
"""Findings that are named."""

Facts = dict[str, Any]  # Any: JSON values


@dataclass(frozen=True)
class Lesson:
    path: str
    """Of the image."""
    reference: str
    """As it was asked for: a tag, or the digest."""
    digest: str
    part_of: str
    """A tag of an index that lists it, where it was asked for by digest."""
    verdict: Verdict
    worst: tuple[Finding, ...]
    """The first of those that count, the worst first."""
    others: int
    scan_reason: str
    """Of a scan that failed."""
    newest: str | None

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.path}{'@' if self.reference == self.digest else ':'}{self.reference}"

    @property
    def fix(self) -> str:
        return wording.fix(self.verdict, self.worst)


def of(
    tx: Connection, found: Image, subject: Subject, reference: str, judged: Verdict, rules: Rules, *, at: datetime
) -> Lesson:
    """Of a pull that is served all the same only what it costs little to know."""
    if judged.outcome == "permitted":
        return Lesson(str(found.path), reference, subject.digest, "", judged, (), 0, "", None)
    vulnerable = any(reason.rule == "vulnerable" for reason in judged.reasons)
    counted = counting(tx, found.id, subject, rules, at=at) if vulnerable else []
    failed = any(reason.unscanned == "failed" for reason in judged.reasons)
    why = tx.scalar(select(manifest.c.scan_reason).where(manifest.c.id == subject.id)) if failed else None
    above = reach.parents(tx, [subject.id]).get(subject.id, []) if reference == subject.digest else []
    return Lesson(
        str(found.path),
        reference,
        subject.digest,
        next((each.tag for each in above if each.tag is not None), ""),
        judged,
        tuple(counted[:WORST]),
        max(len(counted) - WORST, 0),
        why or "",
        newest.allowed(tx, found.id, rules, at=at) if not judged.allowed else None,
    )


def counting(tx: Connection, image_id: int, subject: Subject, rules: Rules, *, at: datetime) -> list[Finding]:
    """The Critical and High findings that count under the rules, the worst first, and first what can be mended."""
    if subject.result_id is None:
        return []
    waived = waiving.in_force(tx, image_id, [subject.id], at=at).get(subject.id, waiving.NONE)
    left = [
        each
        for each in findings.worst(tx, [subject.result_id]).get(subject.result_id, ())
        if _counts(each, rules)
        and not waived.covers(each)
        and not sparing.is_fresh(each, rules.pull.grace_days, subject.allowed_since, at=at)
    ]
    return sorted(left, key=lambda each: (-RANKS[each.level], not each.fixed_version, each.vulnerability, each.package))


def message(lesson: Lesson, report: str) -> str:
    """One text in one line: clients print nothing else. `report` is the address of the page that shows the scan."""
    which = f" ({lesson.digest})"
    if lesson.reference == lesson.digest:
        which = f" (listed by {lesson.part_of})" if lesson.part_of else ""
    parts = [f"{lesson.name}{which} may not be pulled: {wording.reasons(lesson.verdict)}"]
    if lesson.scan_reason:
        parts.append(f"The scan said: {wording.plain(lesson.scan_reason, 200)}")
    if lesson.worst:
        more = f", and {lesson.others:,} more" if lesson.others else ""
        parts.append(f"Worst: {', '.join(wording.finding(each) for each in lesson.worst)}{more}")
    parts.append(f"What helps: {lesson.fix}")
    if report:
        parts.append(f"Report: {report} ")  # so that what follows the address is no part of it
    told = (
        f"Newest tag that may be pulled: {lesson.newest}" if lesson.newest else "None of its newest tags may be pulled"
    )
    return ". ".join([*parts, told])


def warning(lesson: Lesson, report: str) -> str:
    """The same in short for a header, in a mode that only warns."""
    return f"{wording.reasons(lesson.verdict)}; this would be refused where rules are enforced. Report: {report}"


def facts(lesson: Lesson, report: str = "") -> Facts:
    """The same for programs."""
    return {
        "image": lesson.path,
        "reference": lesson.reference,
        "digest": lesson.digest,
        **told(lesson.verdict),
        "worst": [_finding(each) for each in lesson.worst],
        "others": lesson.others,
        "fix": lesson.fix,
        "newest_allowed": lesson.newest,
        "report": report,
    }


def told(judged: Verdict) -> Facts:
    return {"verdict": judged.outcome, "reasons": [_reason(each) for each in judged.reasons]}


def _counts(finding: Finding, rules: Rules) -> bool:
    fixed = bool(finding.fixed_version)
    hidden = hides(rules.scan, finding.kind, finding.level, fixed=fixed)
    return hidden is None and (fixed or not rules.pull.exclude_unfixed)


def _reason(said: Reason) -> Facts:
    put_out = said.quarantine
    return {
        "rule": said.rule,
        "text": wording.reason(said),
        "unscanned": said.unscanned,
        "counts": [
            {
                "severity": each.level.value,
                "found": each.found,
                "limit": each.limit,
                "waived": each.waived,
                "fresh": each.fresh,
            }
            for each in said.counts
        ],
        "quarantine": None if put_out is None else put_out.to_json(),
    }


def _finding(found: Finding) -> Mapping[str, Any]:  # Any: JSON values
    return {
        "vulnerability": found.vulnerability,
        "severity": found.level.value,
        "package": found.package,
        "version": found.version,
        "fixed_version": found.fixed_version,
    }
