"""Filters of lists that are asked for together leave what each of them leaves alone."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from berth.db.tables import reevaluated, reevaluation, scan_result
from berth.site import Site
from berth.words.policies import Level
from tests.doors.api.docks import Dock
from tests.restriction.found import Flaw, goes, scanned

FOUND = {
    "critical": [Flaw("CVE-2026-1")],
    "critical-new": [Flaw("CVE-2026-2")],
    "high": [Flaw("CVE-2026-3", Level.HIGH)],
    "high-new": [Flaw("CVE-2026-4", Level.HIGH)],
    "clean": [],
    "low-new": [Flaw("CVE-2026-5", Level.LOW)],
}
CHOICES: dict[str, list[Any]] = {
    "restricted": [True, False],
    "newly_affected": [True, False],
    "result": ["critical", "any", "none", "unchecked"],
}


@pytest.fixture
def mixed(dock: Dock) -> Dock:
    """Digests with tags and without that differ in what was found, which is refused from one Critical or two High."""
    made = {name: dock.push(name, f"{dock.repository} {name}") for name in [*FOUND, "bare", "failed"]}
    made |= {f"{name} again": dock.push(None, f"{dock.repository} {name} again") for name in FOUND}
    site = dock.harbour.site
    for name, digest in made.items():
        flaws = FOUND.get(name.removesuffix(" again"))
        if flaws is not None:
            scanned(site, digest, flaws)
    goes(site, made["failed"], "failed", "BLOB_DAMAGED")
    told_of_more(site, [digest for name, digest in made.items() if "new" in name])
    shown = dock.manager.get(dock.path)
    pull = {**shown["policies"]["pull"], "restrict_unscanned": True, "restrict_vulnerable": True, "critical": 0}
    dock.manager.patch(dock.path, {"policies": {"pull": {**pull, "high": 1}}}, shown["version"])
    return dock


def told_of_more(site: Site, digests: list[str]) -> None:
    """By advisories, since the layers of these digests were read."""
    at = site.now() + timedelta(seconds=1)
    numbers = dict.fromkeys(("names", "components", "results", "opened", "closed"), 1)
    with site.db.write() as tx:
        change = {"at": at, "before": "a", "advisories": "b", **numbers}
        number = tx.scalar(insert(reevaluation).values(change).returning(reevaluation.c.id))
        ids = tx.scalars(select(scan_result.c.id).where(scan_result.c.digest.in_(digests))).all()
        row = {"reevaluation_id": number, "opened": ["CVE-2026-9"], "closed": [], "opened_at": at}
        tx.execute(insert(reevaluated), [{"result_id": each, **row} for each in ids])


def test_digests_are_narrowed_by_all_that_is_asked_for(mixed: Dock) -> None:
    def listed(asked: dict[str, Any]) -> set[str]:
        found = mixed.reader.everything(f"{mixed.path}/-/digests", limit=4, sort="-pushed_at", **asked)
        assert len({row["digest"] for row in found}) == len(found)
        return {row["digest"] for row in found}

    alone = {(name, value): listed({name: value}) for name, values in CHOICES.items() for value in values}
    assert all(alone.values())
    sizes = set()
    for values in itertools.product(*CHOICES.values()):
        asked = dict(zip(CHOICES, values, strict=True))
        expected = set.intersection(*(alone[each] for each in asked.items()))
        assert listed(asked) == expected, asked
        sizes.add(len(expected))
    assert {0, 1} < sizes


def test_tags_are_narrowed_by_all_that_is_asked_for(mixed: Dock) -> None:
    def listed(**asked: Any) -> set[str]:
        return {row["name"] for row in mixed.reader.everything(f"{mixed.path}/-/tags", limit=2, **asked)}

    assert listed(restricted=True) == {"critical", "critical-new", "bare", "failed"}
    assert listed(restricted=False, name="new") == {"high-new", "low-new"}
    assert listed(restricted=True, name="new") == {"critical-new"}
    [digest] = {row["digest"] for row in mixed.reader.everything(f"{mixed.path}/-/tags", name="critical-new")}
    assert listed(restricted=True, digest=digest) == {"critical-new"}
    assert listed(restricted=False, digest=digest) == set()
