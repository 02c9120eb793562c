"""While a scan runs: its lease is renewed, and whoever looks is told how far it is."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import SQLAlchemyError

from berth.scan import queue
from berth.scan.queue import Claimed
from berth.site import Site

BEAT_SECONDS = 2.0
RENEWED = 10
"""Beats after which the lease counts anew; at the others only what has changed is told."""

log = structlog.get_logger("berth.scan")


@dataclass
class Kept:
    cancel: threading.Event = field(default_factory=threading.Event)
    """Set when the scan is not ours any more."""
    percent: int = 0
    """Of the layers' bytes, those that have been read."""

    def read(self, done: int, every: int) -> None:
        self.percent = 100 * done // every if every else 0


@contextmanager
def kept(site: Site, claimed: Claimed) -> Iterator[Kept]:
    """Until the block ends."""
    ended, told = threading.Event(), Kept()
    heart = threading.Thread(target=_beats, args=(site, claimed, ended, told), name="scan lease", daemon=True)
    heart.start()
    try:
        yield told
    finally:
        ended.set()
        heart.join()


def _beats(site: Site, claimed: Claimed, ended: threading.Event, kept: Kept) -> None:
    said, beats = 0, 0
    while not ended.wait(BEAT_SECONDS):
        beats += 1
        renews, percent = beats % RENEWED == 0, kept.percent
        if not renews and percent == said:
            continue
        try:
            with site.db.write(durable=False) as tx:
                queue.tell(tx, claimed, percent)
                if renews and not queue.renew(tx, claimed, at=site.now()):
                    kept.cancel.set()
                    return
            said = percent
        except SQLAlchemyError as error:
            log.warning("lease of a scan not renewed, will be tried again", scan=claimed.id, reason=str(error))
