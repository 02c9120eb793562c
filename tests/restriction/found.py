"""Results without a scan: what was found in a digest, as the tables have it when a scan of it has ended."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update

from berth.db.tables import manifest
from berth.scan import evaluation, results
from berth.scan.evaluation import Matched
from berth.scan.inventory import Kind
from berth.scan.matches import Component, Match, Vulnerability
from berth.site import Site
from berth.words.policies import Level
from tests.scan import evaluating


@dataclass(frozen=True)
class Flaw:
    name: str = "CVE-2026-1"
    level: Level = Level.CRITICAL
    fixed: str = ""
    kind: Kind = "os"
    published: datetime | None = None
    aliases: tuple[str, ...] = field(default=())

    @property
    def match(self) -> Match:
        flaw = Vulnerability(self.name, self.aliases, published=self.published)
        return Match(flaw, self.level, "test", self.fixed, "fixed" if self.fixed else "unfixed")


def scanned(site: Site, digest: str, flaws: Iterable[Flaw] = ()) -> None:
    """Each flaw in a package that no other digest has. Again: what is found now, as after other advisories."""
    at, matched = site.now(), {}
    parts = {Component("Debian:12", f"{flaw.name.lower()}-{digest[7:15]}", "1", flaw.kind): flaw for flaw in flaws}
    with site.db.write() as tx:
        result_id = evaluating.store(tx, site, digest, dict.fromkeys(parts, 1))
        for key, number in results.component_ids(tx, parts).items():
            matched[number] = Matched(key, [parts[key].match])
        evaluation.keep(tx, matched, at=at)
        evaluation.evaluated(tx, result_id, at=at, advisories="test", advisories_at=at)
        for number in tx.scalars(select(manifest.c.id).where(manifest.c.digest == digest)).all():
            results.in_force(tx, number, result_id, at=at)
        tx.execute(update(manifest).where(manifest.c.digest == digest).values(scan_state="done", scan_code=""))


def goes(site: Site, digest: str, state: str, code: str = "") -> None:
    """What the row of a digest says of its scan."""
    with site.db.write() as tx:
        values = {"scan_state": state, "scan_code": code, "scan_reason": code and f"it said {code}"}
        tx.execute(update(manifest).where(manifest.c.digest == digest).values(**values))
