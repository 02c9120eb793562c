"""Locks and deletions asked for through the API while clients push: each push is through before, or meets it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from tests import documents
from tests.documents import Document
from tests.doors.api.desk import desk
from tests.doors.api.docks import Dock

ROUNDS = 8


@contextmanager
def all_the_while(act: Callable[[int], None]) -> Iterator[None]:
    """Something that others do again and again; what goes wrong with it ends the test."""
    over = threading.Event()
    wrong: list[BaseException] = []

    def run() -> None:
        turn = 0
        while not over.is_set():
            try:
                act(turn)
            except BaseException as error:  # noqa: BLE001  raised where the test waits
                wrong.append(error)
                return
            turn += 1

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert wrong == []


def _two(dock: Dock) -> list[Document]:
    return [dock.image.push_image(seed=seed) for seed in ("one", "two")]


def test_a_tag_does_not_move_once_its_lock_was_acknowledged(dock: Dock) -> None:
    both = _two(dock)
    dock.image.put("v1", both[0])
    seen: set[int] = set()

    def push(turn: int) -> None:
        seen.add(dock.image.put("v1", both[turn % 2]).status_code)

    with all_the_while(push):
        for _ in range(ROUNDS):
            holder = dock.manager.get(f"{dock.path}/-/tags/v1")["digest"]
            answer = dock.manager.ask("PUT", f"{dock.path}/-/digests/{holder}/lock", {"reason": "race"})
            assert answer.status_code == 204, answer.text
            names = dock.manager.get(f"{dock.path}/-/digests/{holder}")["tags"]
            for _ in range(3):
                assert dock.manager.get(f"{dock.path}/-/digests/{holder}")["tags"] == names
            dock.manager.ask("DELETE", f"{dock.path}/-/digests/{holder}/lock")
    assert seen <= {httpx.codes.CREATED, httpx.codes.FORBIDDEN}


def test_a_digest_that_is_deleted_while_it_is_pushed_is_there_whole_or_not_at_all(dock: Dock) -> None:
    both = _two(dock)
    root = desk(dock.people["manager"])

    def push(turn: int) -> None:
        document = both[turn % 2]
        answer = dock.image.put(f"v{turn % 2}", document)
        if answer.status_code == httpx.codes.CREATED:
            return
        assert answer.status_code in (httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND), answer.text
        assert answer.json()["errors"][0]["code"] in ("DENIED", "MANIFEST_BLOB_UNKNOWN"), answer.text
        for content in documents_of(document):
            dock.image.push(content)

    with all_the_while(push):
        for turn in range(ROUNDS):
            answer = root.ask("POST", f"{dock.path}/-/digests/delete", {"digests": [both[turn % 2].digest]})
            assert answer.status_code in (200, 202, 404, 409), answer.text
            dock.work()
    for number, document in enumerate(both):
        answer = dock.image.get(f"v{number}")
        if answer.status_code == httpx.codes.OK:
            assert answer.content == document.body
            for blob in document.fields["layers"]:
                assert dock.image.blob(blob["digest"]).status_code == httpx.codes.OK


def documents_of(document: Document) -> list[bytes]:
    """The config and the layer that `push_image` has made it of."""
    seed = "one" if document.fields["layers"][0]["digest"] == documents.digest_of(b"layer of one") else "two"
    return [f'{{"seed": "{seed}"}}'.encode(), f"layer of {seed}".encode()]
