"""Judging digests as they are now: the facts are read, and the findings where the plain verdict refuses.

A pull that nothing stands against costs no read beside the one that finds the manifest: see `at_first_sight`.
"""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import get_args

from sqlalchemy import Connection, select

from berth.db.tables import image
from berth.registry.kinds import Kind
from berth.registry.quick import PulledManifest
from berth.restriction import findings, sparing, subjects, verdict, waiving
from berth.restriction.sparing import Finding
from berth.restriction.subjects import Subject
from berth.restriction.verdict import ALLOWED, Facts, Rules, Spared, Verdict
from berth.scan.tally import Tally
from berth.words.policies import PullPolicy, ScanPolicy

REMEMBERED = 4096
"""Verdicts and policies by the text of what they come from, so none of them is ever out of date."""
KINDS: Mapping[str, Kind] = {kind: kind for kind in get_args(Kind)}


def at_first_sight(found: PulledManifest) -> Verdict | None:
    """What it comes to where nothing stands against it; None: that takes a closer look."""
    if found.quarantined_by:
        return None
    plain = _plain(found.kind, found.tally, found.scan_state, found.scan_code, found.pull, found.scan)
    return None if plain.reasons else plain


@lru_cache(maxsize=REMEMBERED)
def _plain(kind: str, tally: str | None, scan_state: str, scan_code: str, pull: str, scan: str) -> Verdict:
    counts = None if tally is None else Tally.from_json(json.loads(tally))
    return verdict.may_pull(Facts(KINDS[kind], counts, scan_state, scan_code), rules(pull, scan))


@lru_cache(maxsize=REMEMBERED)
def rules(pull: str, scan: str) -> Rules:
    """From the text of two policies."""
    return Rules(PullPolicy.from_json(json.loads(pull)), ScanPolicy.from_json(json.loads(scan)))


def rules_of(tx: Connection, image_id: int) -> Rules:
    row = tx.execute(select(image.c.policy_pull, image.c.policy_scan).where(image.c.id == image_id)).one()
    return Rules(PullPolicy.from_json(row.policy_pull), ScanPolicy.from_json(row.policy_scan))


def verdicts(
    tx: Connection, image_id: int, asked: Collection[Subject], rules: Rules, *, at: datetime, permitted: bool = False
) -> dict[int, Verdict]:
    """By id, of digests of one image each for itself. An index is served; how it is shown says `shown`."""
    judged = {each.id: verdict.may_pull(each.facts, rules, permitted=permitted) for each in asked}
    doubtful = {
        each.id: each for each in asked if any(reason.rule == "vulnerable" for reason in judged[each.id].reasons)
    }
    for number, spared in spared_of(tx, image_id, doubtful.values(), rules, at=at).items():
        judged[number] = verdict.may_pull(doubtful[number].facts, rules, permitted=permitted, spared=spared)
    return judged


def shown(
    tx: Connection, image_id: int, ids: Collection[int], *, at: datetime, rules: Rules | None = None
) -> dict[int, Verdict]:
    """How digests of an image are shown to everybody: an index with what becomes of the images that it lists.

    Each of them has an answer, also one that has just gone.
    """
    rules = rules_of(tx, image_id) if rules is None else rules
    asked = subjects.some(tx, ids)
    listed = subjects.children(tx, [each.id for each in asked.values() if each.facts.kind == "index"])
    every = asked | {child.id: child for children in listed.values() for child in children}
    judged = verdicts(tx, image_id, every.values(), rules, at=at)
    whole = {
        number: verdict.together(judged[number], [judged[child.id] for child in listed.get(number, ())])
        for number in asked
    }
    return dict.fromkeys(ids, ALLOWED) | whole


def spared_of(
    tx: Connection, image_id: int, doubtful: Collection[Subject], rules: Rules, *, at: datetime
) -> dict[int, Spared]:
    """By digest the findings that do not count. Nothing is read where nothing could be spared."""
    grace, ids = rules.pull.grace_days, [each.id for each in doubtful]
    waived = waiving.in_force(tx, image_id, ids, at=at) if ids else {}
    if not ids or not (grace or waived):
        return {}
    known = findings.worst(tx, [each.result_id for each in doubtful if each.result_id is not None])

    def of(subject: Subject) -> Spared:
        def fresh(finding: Finding) -> bool:
            return sparing.is_fresh(finding, grace, subject.allowed_since, at=at)

        covers = waived.get(subject.id, waiving.NONE).covers
        return sparing.spare(known.get(subject.result_id or 0, ()), waived=covers, fresh=fresh)

    return {each.id: of(each) for each in doubtful}
