"""Pages look as they did. To take other pictures on purpose, remove those in `references` and run this."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import documents
from tests.console import pictures
from tests.console.conftest import Enter
from tests.long import LONG
from tests.serving import Server, served

MOST = 0.005
SIZES = ((1280, 800), (390, 800))
PAGES = {
    "login": "/login",
    "tags": "/images/main/apps/shop/web/-/tags?sort=name",
    "details": "/images/main/apps/shop/web",
    "delete": "/images/main/apps/shop/web/-/delete",
}
LOOKS = list(itertools.product(PAGES, SIZES, ("light", "dark")))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(Path(tmp_path_factory.mktemp("pictures"))) as running:
        image = running.client().image("main/apps/shop/web")
        for number in range(3):
            image.push_image(f"2.{number}.0", seed=str(number))
        image.put("multi", documents.index([image.push_image(seed="child")]))
        image.push_image(seed="nameless")
        yield running


@pytest.mark.parametrize(
    ("name", "size", "theme"),
    LOOKS if LONG else LOOKS[::5],
    ids=lambda value: value[0] if isinstance(value, tuple) else value,
)
def test_a_page_looks_as_it_did(server: Server, enter: Enter, name: str, size: tuple[int, int], theme: str) -> None:
    window = enter(size=size, color_scheme=theme, signed_in=name != "login", timezone_id="UTC").open(PAGES[name])
    kind = pictures.kind(window.page)
    known = pictures.KIND.read_text().strip() if pictures.KIND.exists() else kind
    if known != kind:
        pytest.skip(f"the pictures kept are of another kind: {known}; this is {kind}")
    picture = pictures.taken(window.page, server.host)
    assert pictures.difference(window.page, f"{name}-{size[0]}-{theme}", picture) <= MOST
