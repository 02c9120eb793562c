"""Signing in with a provider of OpenID Connect, which runs as a process of its own."""

import base64
import contextlib
import html
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.console.conftest import Enter
from tests.console.forms import alert, sent
from tests.console.window import Window
from tests.serving import ADMIN, PASSWORD, Server, free_port, served, wait_for
from tests.tied import tied


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """It lets in whoever says a name."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    users = ("ann", "bob", "admin")
    claims = [f'{{"sub": "{name}-123", "preferred_username": "{name.title()}"}}' for name in users]
    words = [word for claim in claims for word in ("--user-claims", claim)]
    command = tied(sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), *words)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ready() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{address}/.well-known/openid-configuration").status_code == httpx.codes.OK
        return False

    try:
        wait_for(ready)
        yield address
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, provider: str) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("sso")
    (folder / "data").mkdir()
    shutil.copyfile(sqlite_template, folder / "data" / "berth.db")
    settings = {
        "BERTH_OIDC_ISSUER": provider,
        "BERTH_OIDC_CLIENT_ID": "berth",
        "BERTH_OIDC_CLIENT_SECRET": "between us",
        "BERTH_OIDC_NAME": "Acme ID",
        "BERTH_OIDC_CREATE": "true",
        "BERTH_TRUSTED_PROXIES": "127.0.0.1",
    }
    with served(folder, settings=settings) as running:
        yield running


def allow(window: Window, provider: str, subject: str) -> None:
    """What a person does at the provider, whose pages are not ours to check: they load a style from elsewhere."""
    page = window.page
    page.wait_for_url(re.compile(re.escape(provider)))
    page.get_by_role("textbox").first.fill(subject)
    page.get_by_role("button", name=re.compile("authorize", re.IGNORECASE)).first.click()
    page.wait_for_url(re.compile(re.escape(window.server.url)))
    window.wrong.clear()


def test_somebody_new_comes_in_without_any_right(enter: Enter, provider: str) -> None:
    window = enter(signed_in=False).open("/login?next=/console/account")
    window.page.get_by_role("link", name="Sign in with Acme ID").click()
    allow(window, provider, "ann-123")
    expect(window.page.get_by_role("heading", level=1)).to_have_text("ann")
    assert window.path == "/account"
    window.open("/repositories")
    expect(window.page.get_by_text("Nothing matches")).to_be_visible()
    window.open("/account")
    window.page.get_by_role("button", name="Sign out", exact=True).click()
    window.page.get_by_role("link", name="Sign in with Acme ID").click()
    allow(window, provider, "ann-123")
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Service Home")


def test_a_name_that_is_taken_is_not_taken_over(enter: Enter, provider: str) -> None:
    window = enter(signed_in=False).open("/login")
    window.page.get_by_role("link", name="Sign in with Acme ID").click()
    allow(window, provider, "admin-123")
    text = "There is a user admin already. Sign in with a password and link it in Account."
    expect(window.page.get_by_role("alert")).to_have_text(text)
    window.open("/users")
    assert window.path.startswith("/login")


def test_an_account_is_linked_and_then_signs_in_so(server: Server, enter: Enter, provider: str) -> None:
    made = {"name": "robert", "kind": "person", "password": "long enough 1"}
    server.http.post("/api/v1/users", json=made, auth=(ADMIN, PASSWORD)).raise_for_status()
    window = enter(signed_in=False).sign_in("robert", "long enough 1").open("/account")
    window.page.get_by_role("button", name="Link with Acme ID").click()
    window.page.get_by_role("link", name="Continue").click()
    allow(window, provider, "bob-123")
    expect(window.page.get_by_text("Linked.")).to_be_visible()
    window.page.get_by_role("button", name="Sign out", exact=True).click()
    window.page.get_by_role("link", name="Sign in with Acme ID").click()
    allow(window, provider, "bob-123")
    window.open("/account")
    expect(window.page.get_by_role("heading", level=1)).to_have_text("robert")
    server.http.patch(
        "/api/v1/users/robert", json={"disabled": True}, headers={"If-Match": "*"}, auth=(ADMIN, PASSWORD)
    ).raise_for_status()
    window.open("/registries")
    window.page.get_by_role("link", name="Sign in with Acme ID").click()
    allow(window, provider, "bob-123")
    expect(window.page.get_by_role("alert")).to_have_text("This account may not sign in any more.")


def kept(browser: httpx.Client) -> dict[str, str]:
    """What the browser remembers of its way to the provider."""
    raw = browser.cookies["berth-oidc"]
    facts: dict[str, str] = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    return facts


def test_an_account_is_linked_only_by_the_session_that_began_it(server: Server, provider: str) -> None:
    def arrived(browser: httpx.Client, address: str) -> httpx.Response:
        """What somebody does at the provider, without its pages."""
        back = httpx.post(address, data={"sub": "bob-123", "action": "authorize"}).headers["location"]
        assert back.startswith(str(browser.base_url))
        return browser.get(back)

    def begun(browser: httpx.Client) -> str:
        page = sent(browser, "/console/account", to="/console/account/link")
        found = re.search(rf'href="({re.escape(provider)}[^"]+)"', page.text)
        assert found is not None
        return html.unescape(found[1])

    with httpx.Client(base_url=server.url) as mine, httpx.Client(base_url=server.url) as theirs:
        for browser in (mine, theirs):
            browser.post("/console/login", data={"name": ADMIN, "password": PASSWORD})
        address = begun(mine)
        assert kept(mine)["link"] not in ("", kept(mine)["state"])
        theirs.cookies.set("berth-oidc", mine.cookies["berth-oidc"])
        answer = arrived(theirs, address)
        assert answer.status_code == httpx.codes.FORBIDDEN
        assert "sign in first, then link" in alert(answer)
        facts = {**kept(mine), "link": "true"}
        forged = base64.urlsafe_b64encode(json.dumps(facts).encode()).decode()
        theirs.cookies.set("berth-oidc", forged)
        assert arrived(theirs, address).status_code == httpx.codes.FORBIDDEN


def test_over_tls_the_way_is_remembered_for_this_host_alone(server: Server) -> None:
    headers = {"X-Forwarded-Proto": "https"}
    answer = server.http.get("/console/login/oidc", headers=headers)
    assert answer.headers["set-cookie"].startswith("__Host-berth-oidc=")
    assert "; Secure" in answer.headers["set-cookie"]
    value = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    state = re.search(r"state=([^&]+)", answer.headers["location"])
    assert state is not None
    planted = {**headers, "Cookie": f"berth-oidc={value}"}
    answer = server.http.get(f"/console/login/oidc/back?code=x&state={state[1]}", headers=planted)
    assert answer.status_code == httpx.codes.FORBIDDEN, "a plain connection could have set it"
    server.http.cookies.clear()


def test_a_memory_that_makes_no_sense_is_none(server: Server) -> None:
    for raw in (b"[" * 6000, b"{}", b"\xff", b"[]"):
        cookie = f"berth-oidc={base64.urlsafe_b64encode(raw).decode()}"
        answer = server.http.get("/console/login/oidc/back?state=x", headers={"Cookie": cookie})
        assert answer.status_code == httpx.codes.FORBIDDEN


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(server: Server, provider: str) -> None:
    with httpx.Client(base_url=server.url) as browser:
        assert browser.get("/console/login/oidc/back?code=x&state=y").status_code == httpx.codes.FORBIDDEN
        away = browser.get("/console/login/oidc").headers["location"]
        assert away.startswith(provider)
        assert "code_challenge_method=S256" in away
        assert "nonce=" in away
        answer = browser.get("/console/login/oidc/back?code=x&state=another")
        assert answer.status_code == httpx.codes.FORBIDDEN
        state = re.search(r"state=([^&]+)", browser.get("/console/login/oidc").headers["location"])
        assert state is not None
        answer = browser.get(f"/console/login/oidc/back?code=made-up&state={state[1]}")
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert alert(answer).startswith("The sign-in provider has not let you in: ")
        assert "berth=" not in answer.headers.get("set-cookie", "").replace("berth-oidc=", "")
