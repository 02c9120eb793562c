"""Jobs by name: declared beside the act they do. A name is stored, so it is never changed."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from berth.db import insert_ignore
from berth.db.tables import job as rows


@dataclass(frozen=True)
class Job:
    name: str
    run: Callable[..., None]
    """Takes the site, and by name what was put: ids and names."""

    def put(
        self,
        tx: Connection,
        *,
        at: datetime,
        due_at: datetime | None = None,
        unique_key: str | None = None,
        **arguments: Any,  # Any: JSON values, checked against the signature
    ) -> bool:
        """Have it run once this transaction is committed, `at` once or when it is due; says whether it was put.

        It is not put while another with its `unique_key` waits. One that is running does not count: it may have
        looked before this transaction's changes.
        """
        inspect.signature(self.run).bind(None, **arguments)
        values = {"name": self.name, "arguments": arguments, "unique_key": unique_key}
        return insert_ignore(tx, rows, {**values, "due_at": due_at or at, "created_at": at}) > 0


Jobs = Mapping[str, Job]
"""What a worker can run."""


def job(name: str) -> Callable[[Callable[..., None]], Job]:
    """Declare a function `(site, **arguments) -> None` as a job."""

    def declare(run: Callable[..., None]) -> Job:
        return Job(name, run)

    return declare


def listed(*jobs: Job) -> Jobs:
    """Jobs by their names. Raises `ValueError` when two have one name."""
    by_name = {each.name: each for each in jobs}
    if len(by_name) != len(jobs):
        raise ValueError("two jobs have the same name")
    return by_name
