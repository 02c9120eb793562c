"""Locks, deletions and pushes at the same moment: they end in one of the documented ways, never in between."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest

from berth.site import Site
from berth.words.errors import ImageDeleting, ImageUnknown, Locked, ManifestDeleting, Refusal
from tests import make
from tests.documents import Document
from tests.make import Target
from tests.registry import acts, pulling

ROUNDS = 6


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def together(beside: ThreadPoolExecutor, *given: Callable[[], object]) -> list[Refusal | None]:
    """Begin all at once; returns by what each was refused."""
    gate = threading.Barrier(len(given))

    def run(act: Callable[[], object]) -> Refusal | None:
        gate.wait()
        try:
            act()
        except Refusal as refusal:
            return refusal
        return None

    running: Sequence[Future[Refusal | None]] = [beside.submit(run, act) for act in given]
    return [each.result(60) for each in running]


def test_a_tag_moves_before_its_lock_or_not_at_all(web: Target, beside: ThreadPoolExecutor) -> None:
    for number in range(ROUNDS):
        tag = f"v{number}"
        first = make.manifest(web, b"first", str(number).encode(), tag=tag)
        second = make.manifest(web, b"second", str(number).encode())
        locked, pushed = together(beside, partial(acts.lock, web, first), partial(make.push, web, second, tag=tag))
        assert locked is None
        assert pushed is None or isinstance(pushed, Locked)
        assert acts.tagged(web, tag) == (second.digest if pushed is None else first.digest)


def test_a_push_of_what_is_being_deleted_is_refused_or_anew(web: Target, beside: ThreadPoolExecutor) -> None:
    make.manifest(web, b"stays", tag="stays")
    for number in range(ROUNDS):
        document = make.manifest(web, b"layer", str(number).encode(), tag="v1")
        _, pushed, _ = together(
            beside,
            partial(acts.request, web, document),
            partial(make.push, web, document, tag="v2"),
            partial(acts.work, web),
        )
        acts.work(web)
        assert pushed is None or isinstance(pushed, ManifestDeleting)
        assert_whole(web, document)


def assert_whole(web: Target, document: Document) -> None:
    """It can be pulled with all it needs, or it is gone with its names."""
    if acts.states(web).get(document.digest) == "active":
        assert acts.tagged(web, "v2") == document.digest
        pulling.pull(web, "v2")
    else:
        assert document.digest not in acts.states(web)
        assert acts.tagged(web, "v2") is None


def test_a_push_into_an_image_that_is_being_deleted_is_refused_or_makes_a_new_one(
    web: Target, site: Site, beside: ThreadPoolExecutor
) -> None:
    for _ in range(ROUNDS):
        document = make.manifest(web, b"layer", tag="v1")
        deleted, pushed, _ = together(
            beside,
            partial(acts.request, web),
            partial(make.manifest, web, b"newer", tag="v2"),
            partial(acts.work, web),
        )
        acts.work(web)
        assert deleted is None
        assert pushed is None or isinstance(pushed, ImageDeleting)
        assert acts.tagged(web, "v1") is None
        if acts.tagged(web, "v2") is not None:
            pulling.pull(web, "v2")
            acts.request(web)
            acts.work(web)
        with pytest.raises(ImageUnknown):
            acts.look(web)
    del document, site


def test_one_of_two_who_take_the_same_name_gets_it(web: Target, beside: ThreadPoolExecutor) -> None:
    first, second = make.manifest(web, b"first"), make.manifest(web, b"second")
    for number in range(ROUNDS):
        tag = f"v{number}"
        refused = together(
            beside,
            partial(acts.edit_tags, web, first, add=[tag]),
            partial(acts.edit_tags, web, second, add=[tag]),
        )
        assert [each is None for each in refused].count(True) == 1
        assert acts.tagged(web, tag) == (first.digest if refused[0] is None else second.digest)
