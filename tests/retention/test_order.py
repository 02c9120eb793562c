"""What hangs together goes together, however many batches a run takes and in whatever order it was pushed."""

import pytest

from berth.jobs import run_jobs
from berth.retention import working
from berth.site import Site
from berth.worker import JOBS
from tests import documents, make
from tests.documents import Document
from tests.make import Target
from tests.retention.test_working import POLICY, digests, ran, save
from tests.sites import Clock

ABSENT = documents.manifest(b"absent", [])
KIND = "application/vnd.test"


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "BATCH", 2)


def artifact(web: Target, subject: Document | None, note: str) -> Document:
    made = documents.artifact(subject, KIND, annotations={"note": note})
    make.blob(web, b"{}")
    make.push(web, made)
    return made


def as_tested(web: Target) -> None:
    """The run deletes all that a test tells, which is all there is, and reports it."""
    save(web, POLICY)
    there = digests(web)
    test, told = ran(web, "test")
    assert {item.digest for item in told if item.deleted} == there
    run, items = ran(web, "run")
    assert [(item.outcome, item.because) for item in items if item.outcome != "deleted"] == []
    assert (run.deleted, digests(web)) == (test.deleted, set())


def test_referrers_of_something_that_speaks_of_what_is_not_there(web: Target, clock: Clock) -> None:
    first = artifact(web, ABSENT, "first")
    clock.forward(days=40)
    for number in range(5):
        artifact(web, first, str(number))
    as_tested(web)


def test_children_of_an_index_that_speaks_of_what_is_not_there(web: Target, clock: Clock) -> None:
    children = [make.manifest(web, f"{number}".encode()) for number in range(5)]
    make.index(web, children, subject=ABSENT.described())
    clock.forward(days=40)
    as_tested(web)


def test_children_of_an_index_that_speaks_of_what_goes(web: Target, clock: Clock) -> None:
    children = [make.manifest(web, f"{number}".encode()) for number in range(5)]
    subject = make.manifest(web, b"subject", tag="v1")
    make.index(web, children, subject=subject.described())
    clock.forward(days=40)
    as_tested(web)


def test_subjects_whose_referrers_an_index_lists(web: Target, clock: Clock) -> None:
    subjects = [make.manifest(web, f"{number}".encode()) for number in range(5)]
    make.index(web, [artifact(web, subject, "listed") for subject in subjects], subject=ABSENT.described())
    clock.forward(days=40)
    as_tested(web)


def test_a_row_of_signatures_of_signatures(web: Target, clock: Clock) -> None:
    last = make.manifest(web, b"signed")
    for number in range(5):
        last = artifact(web, last, str(number))
    clock.forward(days=40)
    as_tested(web)


def fallback(document: Document) -> str:
    return f"sha256-{document.digest.partition(':')[2]}"


def test_what_carries_its_own_fallback_name(web: Target, clock: Clock) -> None:
    alone = make.manifest(web, b"alone")
    make.push(web, alone, tag=fallback(alone))
    clock.forward(days=40)
    as_tested(web)


def test_two_that_carry_the_fallback_names_of_each_other(web: Target, site: Site, clock: Clock) -> None:
    one, other = make.manifest(web, b"one"), make.manifest(web, b"other")
    make.push(web, one, tag=fallback(other))
    make.push(web, other, tag=fallback(one))
    artifact(web, other, "signature")
    clock.forward(days=40)
    as_tested(web)
    with site.db.write() as tx:
        working.apply_due.put(tx, at=site.now())
    run_jobs(site, JOBS)
