"""The queue of scans with images that wait in it, on a clock that only the test moves."""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select

from berth.audit.events import Actor
from berth.db.tables import advisory_file, manifest, scan
from berth.scan import queue
from berth.scan.failed import ScanFailed
from berth.scan.queue import Claimed
from berth.scan.tally import Tally
from berth.site import Site
from tests import make
from tests.sites import Clock

ACTOR = Actor("alice", "127.0.0.1")


@dataclass
class Queued:
    site: Site
    clock: Clock
    made: int = field(default=0)

    def image(self, path: str = "main/apps/web") -> int:
        """One more digest in an image; returns its id."""
        self.made += 1
        pushed = make.manifest(make.image(self.site, path), str(self.made).encode())
        with self.site.db.read() as tx:
            found: int = tx.execute(select(manifest.c.id).where(manifest.c.digest == pushed.digest)).scalar_one()
            return found

    def copies(self, manifest_id: int, count: int) -> list[int]:
        """So many more digests beside this one."""
        with self.site.db.write(durable=False) as tx:
            row = tx.execute(select(manifest).where(manifest.c.id == manifest_id)).mappings().one()
            same = {name: value for name, value in row.items() if name != "id"}
            fresh = [{**same, "digest": f"{row['digest']}-{number}"} for number in range(count)]
            tx.execute(insert(manifest), fresh)
            beside = select(manifest.c.id).where(manifest.c.image_id == row["image_id"], manifest.c.id != manifest_id)
            return list(tx.scalars(beside.order_by(manifest.c.id)))

    def ask(self, *manifest_ids: int, priority: int = queue.BY_HAND) -> set[int]:
        with self.site.db.write(durable=False) as tx:
            return queue.put(tx, manifest_ids, ACTOR, priority=priority, at=self.clock())

    def asked(self, path: str = "main/apps/web", *, priority: int = queue.BY_HAND) -> int:
        """One more digest that waits; returns its id."""
        made = self.image(path)
        self.ask(made, priority=priority)
        return made

    def claim(self) -> Claimed | None:
        """By whoever looks a moment later."""
        self.clock.forward(milliseconds=1)
        with self.site.db.write(durable=False) as tx:
            return queue.claim(tx, at=self.clock())

    def claimed(self) -> Claimed:
        found = self.claim()
        assert found is not None
        return found

    def renew(self, claimed: Claimed) -> bool:
        with self.site.db.write(durable=False) as tx:
            return queue.renew(tx, claimed, at=self.clock())

    def end(self, claimed: Claimed) -> None:
        with self.site.db.write(durable=False) as tx:
            queue.done(tx, claimed, at=self.clock(), scanner="berth", advisories="some", tally=Tally())

    def wait(self, claimed: Claimed) -> None:
        with self.site.db.write(durable=False) as tx:
            queue.waits(tx, claimed, scanner="berth")

    def fail(self, claimed: Claimed, failure: ScanFailed) -> None:
        with self.site.db.write(durable=False) as tx:
            queue.failed(tx, claimed, failure, at=self.clock())

    def run(self) -> list[int]:
        """All that is due, one after the other; returns their digests."""
        ran = []
        while (claimed := self.claim()) is not None:
            self.end(claimed)
            ran.append(claimed.manifest_id)
        return ran

    def ready(self) -> bool:
        with self.site.db.read() as tx:
            return queue.any_ready(tx, at=self.clock())

    def says(self, manifest_id: int) -> tuple[str, str]:
        """The state that the digest's row shows, and the code."""
        columns = (manifest.c.scan_state, manifest.c.scan_code)
        with self.site.db.read() as tx:
            row = tx.execute(select(*columns).where(manifest.c.id == manifest_id)).one()
        return row.scan_state, row.scan_code

    def delete(self, manifest_ids: Collection[int]) -> None:
        with self.site.db.write(durable=False) as tx:
            tx.execute(delete(manifest).where(manifest.c.id.in_(manifest_ids)))

    def rows(self) -> int:
        with self.site.db.read() as tx:
            return len(tx.execute(select(scan.c.id)).all())

    def advise(self) -> None:
        """Let there be advisories, and nobody who wakes those that wait for them."""
        row = {"id": "some", "state": "current", "key": "", "size": 0, "sources": {}, "made_by": ACTOR.name}
        with self.site.db.write(durable=False) as tx:
            tx.execute(insert(advisory_file).values(**row, made_at=self.clock()))
