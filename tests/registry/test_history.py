from datetime import datetime

import pytest
from sqlalchemy import func, select

from berth.db.pages import Wanted
from berth.db.tables import trash_history
from berth.registry import history
from berth.registry.history import Span
from berth.words.errors import FieldInvalid, Locked, Unrestorable
from tests import make
from tests.make import Target
from tests.registry import acts
from tests.sites import Clock


def spans(target: Target, name: str) -> list[Span]:
    with target.site.db.read() as tx:
        return history.page(tx, acts.look(target), name, Wanted("at")).items


def put_back(target: Target, name: str, moment: datetime) -> None:
    acts.on(target, history.put_back, name, moment, acts.PERSON)


@pytest.fixture
def moments(web: Target, clock: Clock) -> list[datetime]:
    """v1 pointed at the first digest, then at the second, then at nothing."""
    moments = []
    for content in (b"first", b"second"):
        make.manifest(web, content, tag="v1")
        moments.append(clock())
        clock.forward(hours=1)
    acts.untag(web, "v1")
    moments.append(clock())
    clock.forward(hours=1)
    return moments


def documents_of(web: Target) -> list[str]:
    return [span.digest or "" for span in spans(web, "v1")]


def test_a_tag_knows_what_it_pointed_at_and_for_how_long(web: Target, moments: list[datetime]) -> None:
    told = [(span.since, span.until, span.by, span.why, span.digest is None) for span in spans(web, "v1")]
    assert told == [
        (moments[0], moments[1], "maker", "push", False),
        (moments[1], moments[2], "maker", "push", False),
        (moments[2], None, "ann", "delete", True),
    ]


def test_a_tag_is_put_back_to_what_it_was(web: Target, moments: list[datetime]) -> None:
    first, second, _ = documents_of(web)
    put_back(web, "v1", moments[0])
    assert acts.tagged(web, "v1") == first
    put_back(web, "v1", moments[2] - (moments[2] - moments[1]) / 2)
    assert acts.tagged(web, "v1") == second
    assert [span.why for span in spans(web, "v1")][-2:] == ["put-back", "put-back"]


def test_a_time_at_which_it_pointed_at_nothing_is_refused(web: Target, moments: list[datetime]) -> None:
    with pytest.raises(FieldInvalid, match="at: the tag v1 pointed at nothing"):
        put_back(web, "v1", moments[2])


def test_a_locked_digest_takes_no_tag_back(web: Target, moments: list[datetime]) -> None:
    acts.lock(web)
    with pytest.raises(Locked):
        put_back(web, "v1", moments[0])


def test_a_digest_that_was_deleted_is_looked_for_in_the_trash(web: Target, moments: list[datetime]) -> None:
    first = documents_of(web)[0]
    acts.delete(web, first)
    [entry] = acts.in_trash(web)
    with pytest.raises(Unrestorable, match=f"it is in the trash, as entry {entry.id}"):
        put_back(web, "v1", moments[0])
    acts.restore(web, entry)
    put_back(web, "v1", moments[0])
    assert acts.tagged(web, "v1") == first
    acts.delete(web, first, keep=moments[0] - moments[0])
    with pytest.raises(Unrestorable, match="gone for good"):
        put_back(web, "v1", moments[0])


def kept(target: Target) -> int:
    with target.site.db.read() as tx:
        return tx.scalar(select(func.count()).select_from(trash_history)) or 0


def test_an_image_that_comes_back_brings_the_history_of_its_names(web: Target, moments: list[datetime]) -> None:
    before = spans(web, "v1")
    make.manifest(web, b"third", tag="v1")
    acts.request(web)
    acts.work(web)
    assert kept(web) == len(before) + 2  # the push, and the deletion
    acts.restore_all(web)
    after = spans(web, "v1")
    assert [(span.digest, span.since, span.why) for span in after[: len(before)]] == [
        (span.digest, span.since, span.why) for span in before
    ]
    assert [span.why for span in after[len(before) :]] == ["push", "delete", "restore"]
    put_back(web, "v1", moments[0])
    assert acts.tagged(web, "v1") == before[0].digest
    assert kept(web) == 0


def test_a_history_goes_for_good_with_its_image(web: Target, moments: list[datetime], clock: Clock) -> None:
    acts.request(web)
    acts.work(web)
    assert kept(web) == len(moments)
    clock.forward(days=8)
    acts.purge(web)
    assert kept(web) == 0


def test_an_image_pushed_anew_takes_no_history_from_the_trash(web: Target, moments: list[datetime]) -> None:
    acts.request(web)
    acts.work(web)
    make.manifest(web, b"anew", tag="v1")
    assert len(spans(web, "v1")) == 1
    assert kept(web) == len(moments)
