"""A server, a browser, and people who look at one with the other."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from tests import programs
from tests.client import Image
from tests.console.window import WIDE, Window, chromium
from tests.serving import ADMIN, PASSWORD, Server, served

Enter = Callable[..., Window]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """While it is open there is a running loop in this thread, which tests of other modules want to themselves."""
    programs.need("chromium-headless-shell")
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Shared by the tests of a module; each has an image of its own."""
    folder = tmp_path_factory.mktemp("console")
    (folder / "data").mkdir()
    shutil.copyfile(sqlite_template, folder / "data" / "berth.db")
    with served(folder) as running:
        yield running


@pytest.fixture
def browser_(server: Server) -> Iterator[httpx.Client]:
    """Cookies and nothing else of a browser; signed in."""
    with httpx.Client(base_url=server.url, timeout=60) as http:
        answer = http.post("/console/login", data={"name": ADMIN, "password": PASSWORD})
        assert answer.status_code == httpx.codes.SEE_OTHER
        yield http


_count = itertools.count()


@pytest.fixture
def image(server: Server) -> Image:
    """A path that nothing has been pushed to."""
    return server.client().image(f"main/apps/shop/web{next(_count)}")


@pytest.fixture
def enter(browser: Browser, server: Server) -> Iterator[Enter]:
    """Opens windows; in the end each must have been free of errors, and what it shows free of barriers."""
    windows: list[Window] = []
    unscripted: list[Window] = []

    def opened(
        *, signed_in: bool = True, size: tuple[int, int] = WIDE, language: str = "en-GB", **more: object
    ) -> Window:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale=language,
            permissions=["clipboard-read", "clipboard-write"],
            **more,  # type: ignore[arg-type]
        )
        window = Window(context.new_page(), server)
        (windows if more.get("java_script_enabled", True) else unscripted).append(window)
        return window.arrive() if signed_in else window

    yield opened
    try:
        for window in windows:
            window.check()
        assert [window.wrong for window in unscripted if window.wrong] == []
    finally:
        for window in [*windows, *unscripted]:
            window.page.context.close()


@pytest.fixture
def window(enter: Enter) -> Window:
    """The administrator's."""
    return enter()
