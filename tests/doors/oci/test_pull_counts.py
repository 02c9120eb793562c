"""What counts as a pull, and of what."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import select

from berth.app import Berth
from berth.db.tables import image as images
from berth.db.tables import manifest, pulled_by
from berth.site import Site
from tests import documents
from tests.client import Client, Image
from tests.documents import Document
from tests.doors.oci.harbour import URL, Dock, Harbour
from tests.inside import Inside

NEVER = (0, False, 0)
"""Pulls, whether it is known when the last one was, and of how many it is known that they pulled it."""


@dataclass(frozen=True)
class Counter:
    """Counts the pulls of one image, as a process of its own."""

    site: Site
    berth: Berth
    image: Image

    def of(self, document: Document) -> tuple[int, bool, int]:
        self.berth.flush()
        with self.site.db.read() as tx:
            row = tx.execute(select(manifest).where(manifest.c.digest == document.digest)).one()
            who = tx.scalars(select(pulled_by.c.principal).where(pulled_by.c.manifest_id == row.id)).all()
        return row.pulls, row.pulled_at is not None, len(who)

    def of_image(self) -> int:
        self.berth.flush()
        name = self.image.name.rpartition("/")[2]
        with self.site.db.read() as tx:
            return int(tx.execute(select(images.c.pulls).where(images.c.name == name)).scalar_one())


@pytest.fixture
def counter(harbour: Harbour, dock: Dock) -> Iterator[Counter]:
    berth = Berth(harbour.site)
    name = f"counted-{next(harbour.names)}"
    with httpx.Client(transport=Inside(berth), base_url=URL) as http:
        client = Client(http, dock.owner.name, dock.owner.secret)
        yield Counter(harbour.site, berth, client.image(f"{dock.repository}/{name}"))


def test_gets_by_tag_and_of_what_no_index_lists_count(counter: Counter) -> None:
    image = counter.image
    pushed = image.push_image("v1", seed="counted")
    assert counter.of(pushed) == NEVER
    for reference, method in (("v1", "GET"), (pushed.digest, "GET"), ("v1", "HEAD"), ("absent", "GET")):
        image.get(reference, method)
    assert counter.of(pushed) == (2, True, 1)
    assert counter.of_image() == 2


def test_of_the_images_of_an_index_it_is_only_known_when(counter: Counter) -> None:
    image = counter.image
    children = [image.push_image(seed=f"a child that counts {number}") for number in range(2)]
    index = documents.index(children)
    assert image.put("multi", index).status_code == 201
    note = image.push_artifact(children[0], annotations={"note": "of a child that counts"})
    for reference in ("multi", children[0].digest, note.digest):
        assert image.get(reference).status_code == 200
    assert counter.of(index) == (1, True, 1)
    assert counter.of(children[0]) == (0, True, 1)
    assert counter.of(children[1]) == NEVER
    assert counter.of(note) == (0, True, 1)
    assert counter.of_image() == 1


def test_pulls_of_what_is_gone_are_not_those_of_the_next(counter: Counter) -> None:
    """SQLite gives the number of the last manifest, once it is gone, to the next one."""
    image = counter.image
    image.push_image("stays", seed="before the one that goes")
    gone = image.push_image("v1", seed="goes")
    assert image.get("v1").status_code == 200
    assert image.delete(f"manifests/{gone.digest}").status_code == 202
    assert counter.of(image.push_image("v2", seed="comes then")) == NEVER
    assert counter.of_image() == 0
