"""A queue in the database: what is to be done is put there by the transaction that it belongs to.

    waiting ──take──> leased ──done──> gone
       ^                │ └─ the lease runs out: the next worker takes it
       └─────rest───────┘    (failed: waits longer each time, the reason is kept)

A job may run twice, and must not mind.
"""

from berth.jobs.declared import Job, Jobs, job, listed
from berth.jobs.running import Ran, run_jobs, run_next

__all__ = ["Job", "Jobs", "Ran", "job", "listed", "run_jobs", "run_next"]
