from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from berth import migrations
from berth.db.pages import Wanted
from berth.db.tables import tag_gram
from berth.registry import overview, rows
from berth.registry.rows import Filters
from berth.site import Site
from berth.words import names
from tests import make, sites
from tests.documents import Document
from tests.make import Target
from tests.registry import acts
from tests.sites import Clock

NAMES = (
    "1.2.3-alpine",
    "1.2.3",
    "v12",
    "Latest",
    "a",
    "ab",
    "under_score",
    "sharp-ALPINE-rc1",
    "1.1a1b1c1-aa",
    "2a2b2c2",
)
PARTS = (
    "",
    "2",
    "1",
    "1.2",
    "2.3-",
    "alp",
    "ALPINE",
    "latest",
    "a",
    "ab",
    "_",
    "%",
    "nothing",
    "12",
    "é",
    "3-alpine",
    "abc",
)


@pytest.fixture(params=[500, 2], ids=["few", "many"])
def named(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, web: Target) -> dict[str, Document]:
    """One digest for each name; once so that a filter looks what it leaves up, once so that it goes through all."""
    monkeypatch.setattr(rows, "FEW", request.param)
    monkeypatch.setattr(overview, "FEW", request.param)
    return {name: make.manifest(web, name.encode(), tag=name) for name in NAMES}


def digests(web: Target, part: str, sort: str = "name") -> list[str]:
    with web.site.db.read() as tx:
        page = rows.page(tx, acts.look(web), Wanted(sort), at=web.site.now(), filters=Filters(name=part))
    return [row.digest for row in page.items]


def tags(web: Target, part: str) -> list[str]:
    with web.site.db.read() as tx:
        return [row.name for row in overview.tag_page(tx, acts.look(web), Wanted("name"), name=part).items]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_finds_exactly_the_names_that_contain_it(web: Target, named: dict[str, Document], part: str) -> None:
    found = sorted((name for name in NAMES if part.lower() in name.lower()), key=names.natural)
    assert tags(web, part) == found
    assert digests(web, part) == [named[name].digest for name in found]
    assert sorted(digests(web, part, "-pushed_at")) == sorted(named[name].digest for name in found)


def test_what_has_several_such_names_is_found_once(web: Target, named: dict[str, Document]) -> None:
    acts.edit_tags(web, named["v12"], add=["v12.1", "v12.2"])
    assert digests(web, "v12") == [named["v12"].digest]
    assert tags(web, "v12") == ["v12", "v12.1", "v12.2"]


def test_fallback_names_are_found_by_their_beginning(web: Target, named: dict[str, Document]) -> None:
    name = f"sha256-{named['a'].digest[7:]}.sig"
    make.manifest(web, b"a signature", tag=name)
    assert tags(web, name[:20]) == tags(web, name) == [name]
    assert tags(web, ".sig") == []


def test_a_name_that_is_gone_is_found_no_more_and_one_that_is_back_again(
    site: Site, web: Target, named: dict[str, Document]
) -> None:
    acts.edit_tags(web, named["v12"], rename={"v12": "v13"})
    assert (tags(web, "v12"), tags(web, "v13")) == ([], ["v13"])
    acts.untag(web, "v13")
    assert tags(web, "v1") == []
    acts.delete(web, named["Latest"])
    assert tags(web, "latest") == []
    acts.restore(web, *acts.in_trash(web))
    assert tags(web, "latest") == ["Latest"]
    acts.request(web, *named.values())
    acts.work(web)
    with site.db.read() as tx:
        assert tx.scalar(select(func.count()).select_from(tag_gram)) == 0


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Digests of every kind, in an image that only reads are done on."""
    folder = tmp_path_factory.mktemp("shelf")
    with sites.opened(f"sqlite:///{folder}/berth.sqlite", Clock()) as site:
        migrations.upgrade(site.db)
        web = make.image(site, "main/apps/web")
        pushed = [make.manifest(web, bytes([n]), tag=name if n % 3 else None) for n, name in enumerate(NAMES)]
        make.index(web, pushed[:2], tag="multi")
        acts.lock(web, pushed[4])
        yield web


def every(web: Target, filters: Filters, sort: str) -> list[int]:
    with web.site.db.read() as tx:
        page = rows.page(tx, acts.look(web), Wanted(sort), at=web.site.now(), filters=filters)
    return [row.id for row in page.items]


@given(
    st.builds(
        Filters,
        name=st.sampled_from(["", "1", "a", "alp", "u", "none"]),
        kind=st.sampled_from([None, "image", "index", "artifact"]),
        tagged=st.sampled_from([None, True, False]),
        locked=st.sampled_from([None, True, False]),
        everything=st.booleans(),
    ),
    st.sampled_from(sorted(rows.SORTS)),
)
def test_looking_few_up_and_going_through_all_find_the_same(shelf: Target, filters: Filters, sort: str) -> None:
    looked_up = every(shelf, filters, sort)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "FEW", -1)
        assert every(shelf, filters, sort) == looked_up
