"""A browser window on the console, which watches that nothing goes wrong in it."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Page, Request, sync_playwright

from tests import packages
from tests.long import LONG
from tests.serving import ADMIN, PASSWORD, Server

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
_RUN = """rules => {
  delete document.documentElement.dataset.axe;
  const asked = { runOnly: rules, resultTypes: ["violations"] };
  axe.run(document, asked).then((answer) => {
    window.axeAnswer = { violations: answer.violations };
    document.documentElement.dataset.axe = "answered";
  });
}"""
ATTEMPTS = 3
AXE_MS = 20_000
WIDE, PHONE = (1440, 900), (390, 844)
EXPECTED = ("status of 409", "status of 422", "status of 404", "status of 403", "status of 429", "status of 401")
"""What the browser says of answers that a test asks for: the form comes again with what was wrong."""


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """The system's own browser, without the windows that nobody would see."""
    program = packages.find("chromium-headless-shell")
    assert program is not None
    os.environ.setdefault("DEBUG", "")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Window:
    """One person's browser with one page open."""

    page: Page
    server: Server
    wrong: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Addresses, in the order they were asked for."""

    def __post_init__(self) -> None:
        self.page.set_default_timeout(20_000)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.wrong.append(f"page error: {error}"))
        self.page.on("request", self._request)
        self.page.on("dialog", self._dialog)

    def open(self, path: str = "/") -> "Window":
        self.page.goto(f"{self.server.url}/console{path}")
        return self

    def sign_in(self, name: str = ADMIN, password: str = PASSWORD) -> "Window":
        self.open("/login")
        self.page.get_by_label("User name").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("heading", name="Service Home").wait_for()
        return self

    def arrive(self) -> "Window":
        """On the first page, signed in as the administrator without the page for that, which has its own tests."""
        answer = self.page.context.request.post(
            f"{self.server.url}/console/login", form={"name": ADMIN, "password": PASSWORD}, max_redirects=0
        )
        assert answer.status == httpx.codes.SEE_OTHER, answer.text()
        return self.open("/")

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(f"{self.server.url}/console")

    def axe(self) -> list[str]:
        """What an accessibility check finds wrong: the rule, and where. A page that comes meanwhile is asked anew."""
        for _ in range(ATTEMPTS):
            with contextlib.suppress(Error):
                return self._axe()
            self.page.wait_for_load_state()
        return self._axe()

    def _axe(self) -> list[str]:
        self.page.evaluate(AXE.read_text())
        self.page.evaluate(_RUN, RULES)
        # A promise that is waited for has no limit of time, and when another page comes in its place it is never
        # kept; a function that is asked for again and again is refused by the page's own policy. A mark is neither.
        self.page.wait_for_selector("html[data-axe]", state="attached", timeout=AXE_MS)
        answer: dict[str, Any] = self.page.evaluate("window.axeAnswer")  # Any: what axe says
        return [
            f"{found['id']}: {node['html'][:160]} ({node.get('failureSummary', '')[:160]})"
            for found in answer["violations"]
            for node in found["nodes"]
        ]

    def check(self) -> None:
        """Nothing has gone wrong in this window, and, where there is time to look, what it shows has no barrier."""
        found = [*self.wrong, *(self.axe() if LONG else ())]
        assert not found, "\n".join([self.page.url, *found])

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        wider: int = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return wider

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(words in message.text for words in EXPECTED):
            self.wrong.append(f"{message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.server.url, "data:", "blob:")):
            self.wrong.append(f"foreign: {request.url}")
        self.asked.append(f"{request.method} {request.url.removeprefix(self.server.url)}")

    def _dialog(self, dialog: Dialog) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()
