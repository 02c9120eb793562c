"""The working process: takes jobs from the queue, and puts those that recur."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue

import structlog

from berth import schedule
from berth.audit import trail
from berth.doors import logs
from berth.jobs import Jobs, listed, run_next
from berth.people import expired
from berth.registry import applying, erasing, measuring, place_restoring, place_trash, sweep, trash
from berth.restriction import refused
from berth.retention import working
from berth.scan import forgetting, importing, publishing, updating
from berth.scan import working as scanning
from berth.schedule import Recurring
from berth.settings import Settings
from berth.site import Site, open_site

JOBS = listed(
    expired.purge,
    sweep.sweep,
    trail.purge,
    applying.apply,
    measuring.measure,
    erasing.digests,
    erasing.image_,
    erasing.place_,
    place_restoring.images,
    trash.purge,
    place_trash.purge,
    working.apply_due,
    working.test,
    working.run,
    importing.import_,
    importing.roll_back,
    updating.update_,
    updating.when_due,
    publishing.publish_sbom,
    forgetting.forget,
    refused.forget,
)
"""Every job there is."""

THREADS = 2
SCANNING = 1
"""Threads that scan: what takes long has its own, so that nothing else waits for it."""
SHORTEST_PAUSE = 0.1
LONGEST_PAUSE = 2.0

log = structlog.get_logger("berth.worker")


class Worker:
    """Threads that each run one job after another."""

    def __init__(
        self,
        site: Site,
        jobs: Jobs = JOBS,
        recurring: Sequence[Recurring] = schedule.RECURRING,
        threads: int = THREADS,
        scanners: int = SCANNING,
    ) -> None:
        self._site = site
        self._jobs = jobs
        self._recurring = recurring
        self._stopping = threading.Event()
        # What still runs when time is up may be cut off with the process: its lease runs out.
        acts = [*[self._act] * threads, *[self._scan] * scanners]
        self._threads = [
            threading.Thread(target=self._work, args=(act,), name=f"worker {number + 1}", daemon=True)
            for number, act in enumerate(acts)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float) -> bool:
        """Take no more jobs and wait for those that run; False when some go on after this time."""
        self._stopping.set()
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self, act: Callable[[], bool]) -> None:
        pause, failing = SHORTEST_PAUSE, False
        while not self._stopping.is_set():
            try:
                worked = act()
                failing = False
            except Exception:
                worked = False
                if not failing:  # a database that is away for long is one line, not one every two seconds
                    log.exception("the queue cannot be worked on, will be tried again")
                failing = True
            pause = SHORTEST_PAUSE if worked else min(pause * 2, LONGEST_PAUSE)
            if not worked:
                self._stopping.wait(pause)

    def _act(self) -> bool:
        schedule.put_due(self._site, self._recurring)
        return run_next(self._site, self._jobs) is not None

    def _scan(self) -> bool:
        return scanning.run_next(self._site)


def run(settings: Settings) -> None:
    """Work until the process is asked to stop. The database must have been migrated."""
    asked: SimpleQueue[int] = SimpleQueue()  # its `put` may be called by a signal's handler
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: asked.put(number))
    logs.configure(settings)
    site = open_site(settings)
    worker = Worker(site)
    worker.start()
    log.info("worker started", jobs=sorted(JOBS))
    asked.get()
    ended = worker.stop(settings.stop_seconds)
    site.close()
    log.info("worker stopped", cut_off=not ended)
