"""A job that is declared and not listed would be put in the queue and never done."""

import importlib
import pkgutil

import berth
from berth.jobs import Job
from berth.schedule import RECURRING
from berth.worker import JOBS


def declared() -> set[str]:
    names = (info.name for info in pkgutil.walk_packages(berth.__path__, "berth.") if ".migrations." not in info.name)
    values = (value for name in names for value in vars(importlib.import_module(name)).values())
    return {value.name for value in values if isinstance(value, Job)}


def test_every_declared_job_is_listed_for_the_worker() -> None:
    assert declared() == set(JOBS)


def test_every_recurring_job_is_listed_for_the_worker() -> None:
    assert {each.job.name for each in RECURRING} <= set(JOBS)
