"""Running jobs, one at a time; a worker does this from several threads."""

from dataclasses import dataclass

import structlog

from berth.jobs import leases
from berth.jobs.declared import Jobs
from berth.site import Site

log = structlog.get_logger("berth.jobs")


@dataclass(frozen=True)
class Ran:
    name: str
    error: Exception | None = None
    """Why it will run again."""


def run_next(site: Site, jobs: Jobs) -> Ran | None:
    """Run the job that has been due for longest; None when there is nothing to do.

    Jobs of other names are left to the workers of the release that knows them.
    """
    lease = leases.take(site, jobs.keys())
    if lease is None:
        return None
    try:
        with leases.kept(site, lease):
            jobs[lease.name].run(site, **lease.arguments)
    except Exception as error:
        log.exception("job failed", job=lease.name, id=lease.id, attempts=lease.attempts)
        leases.rest(site, lease, f"{type(error).__name__}: {error}")
        return Ran(lease.name, error)
    leases.done(site, lease)
    return Ran(lease.name)


def run_jobs(site: Site, jobs: Jobs) -> list[str]:
    """Run all that is due, and what that puts; returns the names as they ran. Raises what a job raised."""
    names = []
    while (ran := run_next(site, jobs)) is not None:
        if ran.error is not None:
            raise ran.error
        names.append(ran.name)
    return names
