"""Scans that wait for advisories go on once there are some, however many they are.

Whoever puts advisories in force wakes them. What is cut off on the way, whoever scans next finishes.
"""

from berth.scan import queue, steps
from berth.site import Site


def wake(site: Site) -> int:
    """Returns how many go on."""
    woken = 0
    while True:
        with site.db.read() as tx:
            if not queue.any_asleep(tx):
                return woken
        with steps.write(site) as tx:
            some = queue.wake(tx, at=site.now())
        if not some:  # others do it
            return woken
        woken += some
