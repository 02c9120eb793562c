from datetime import timedelta

import pytest
from sqlalchemy import func, select

from berth.db.tables import manifest
from berth.registry import sizes, sweep
from berth.registry.sizes import Sizes
from berth.site import Site
from tests import documents, make
from tests.documents import Document
from tests.make import Target
from tests.registry import acts
from tests.sites import Clock


def stored(site: Site) -> int:
    """Bytes of all blobs and documents there are."""
    with site.db.read() as tx:
        kept = tx.scalar(select(func.coalesce(func.sum(manifest.c.size), 0))) or 0
    return int(kept) + sum(each.size for each in site.blobs.objects())


def of_digest(target: Target, document: Document) -> Sizes:
    found = acts.look(target)
    with target.site.db.read() as tx:
        query = select(manifest.c.id).where(manifest.c.image_id == found.id, manifest.c.digest == document.digest)
        return sizes.of_digest(tx, found, tx.execute(query).scalar_one(), document.digest)


def of_image(target: Target) -> Sizes:
    with target.site.db.read() as tx:
        return sizes.of_image(tx, acts.look(target).id)


@pytest.fixture
def things(web: Target, other: Target) -> dict[str, Document]:
    """Two platforms that share a layer, a signature, an image beside them, and one elsewhere that shares too."""
    amd64 = make.manifest(web, b"a" * 100, b"common" * 10, config=b'{"os":1}')
    arm64 = make.manifest(web, b"b" * 200, b"common" * 10, config=b'{"os":2}')
    index = make.index(web, [amd64, arm64], tag="v1")
    make.blob(web, b"{}")
    make.blob(web, b"signed" * 50)
    signature = documents.manifest(b"{}", [b"signed" * 50], subject=index.described())
    make.push(web, signature)
    alone = make.manifest(web, b"c" * 300, tag="alone")
    elsewhere = make.manifest(other, b"c" * 300, b"d" * 400, tag="v1")
    return {
        "amd64": amd64,
        "arm64": arm64,
        "index": index,
        "signature": signature,
        "alone": alone,
        "elsewhere": elsewhere,
    }


@pytest.mark.parametrize("name", ["index", "signature", "alone"])
def test_unique_is_what_deleting_frees(
    web: Target, things: dict[str, Document], site: Site, clock: Clock, name: str
) -> None:
    told = of_digest(web, things[name]).unique
    before = stored(site)
    acts.delete(web, things[name], keep=timedelta(0))
    clock.forward(hours=site.settings.grace_hours + 1)
    sweep.once(site)
    assert before - stored(site) == told > 0


def test_unique_of_an_image_is_what_deleting_it_frees(
    web: Target, things: dict[str, Document], site: Site, clock: Clock
) -> None:
    told = of_image(web)
    before = stored(site)
    acts.request(web)
    acts.work(web)
    clock.forward(days=8)
    acts.purge(web)
    sweep.once(site)
    assert before - stored(site) == told.unique
    assert told.total == told.shared + told.unique
    # The layer, and the config `{}` that the image elsewhere has too.
    assert told.shared == 300 + 2
    del things


def test_total_counts_each_digest_once(web: Target, things: dict[str, Document]) -> None:
    index = of_digest(web, things["index"])
    documents_ = sum(len(things[name].body) for name in ("index", "amd64", "arm64"))
    assert index.total == documents_ + 100 + 200 + 60 + 2 * len(b'{"os":1}')
    assert index.shared == 0
    assert index.unique == len(things["index"].body) + len(things["signature"].body) + 300


def test_shared_is_what_others_reach_too(web: Target, things: dict[str, Document]) -> None:
    assert of_digest(web, things["alone"]).shared == 300 + 2
    child = of_digest(web, things["amd64"])
    assert child.shared == len(things["amd64"].body) + 60


def test_what_only_the_trash_holds_besides_is_unique(web: Target, site: Site, clock: Clock) -> None:
    gone = make.manifest(web, b"e" * 500, tag="gone")
    stays = make.manifest(web, b"e" * 500, tag="stays", annotations={"again": "yes"})
    assert of_digest(web, stays).shared == 500 + len(b"{}")
    acts.delete(web, gone)
    told = of_digest(web, stays)
    assert (told.shared, told.unique) == (0, told.total)
    assert of_image(web) == told
    before = stored(site)
    acts.delete(web, stays)
    clock.forward(days=8)
    acts.purge(web)
    sweep.once(site)
    assert before - stored(site) == told.unique
