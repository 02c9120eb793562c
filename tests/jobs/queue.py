"""Jobs for tests of the queue: they write down that they ran."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from berth.db.tables import job as rows
from berth.jobs import Job, job, listed
from berth.site import Site

RAN: list[str] = []


@job("test.note")
def note(site: Site, *, text: str = "ran") -> None:
    del site
    RAN.append(text)


@job("test.refuse")
def refuse(site: Site) -> None:
    del site
    raise ValueError("no such thing")


JOBS = listed(note, refuse)


def put(site: Site, declared: Job, **given: Any) -> bool:  # Any: what `Job.put` takes
    with site.db.write() as tx:
        return declared.put(tx, at=site.now(), **given)


def waiting(site: Site) -> list[Mapping[str, Any]]:  # Any: columns
    with site.db.read() as tx:
        return [dict(row) for row in tx.execute(select(rows).order_by(rows.c.id)).mappings()]
