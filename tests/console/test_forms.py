"""What the console sends and takes, seen without a browser: cookies, proofs, headers, and how much it costs."""

import gzip
import hashlib
import json
import re

import httpx
import pytest

from berth.doors.console import assets, languages
from docs import catalogues, vendor
from tests.client import Image
from tests.console.forms import proof
from tests.serving import ADMIN, PASSWORD, Server

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
KIB = 1024


def test_the_first_address_leads_to_the_console(server: Server) -> None:
    assert server.http.get("/").headers["location"] == "/console/"
    assert server.http.get("/console").headers["location"] == "/console/"


def test_every_page_has_the_policy_and_is_kept_nowhere(browser_: httpx.Client) -> None:
    for path in ("/console/", "/console/login", "/console/no-such-page", "/console/registries"):
        answer = browser_.get(path)
        assert answer.headers["content-security-policy"] == CSP or answer.is_redirect
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert not re.search(r"<script(?![^>]*src=)|\sstyle=|\son\w+=", answer.text)


def test_the_cookie_is_for_this_host_and_for_no_script(server: Server) -> None:
    given = {"name": ADMIN, "password": PASSWORD}
    plain = server.http.post("/console/login", data=given).headers["set-cookie"]
    assert plain.startswith("berth=")
    assert "; Path=/; HttpOnly; SameSite=Lax" in plain
    server.http.cookies.clear()


def test_a_form_without_the_proof_or_from_another_site_is_refused(browser_: httpx.Client) -> None:
    name = {"name": "evil", "visibility": "private"}
    path = "/console/registries/-/new"
    assert browser_.post(path, data=name).status_code == httpx.codes.FORBIDDEN
    assert browser_.post(path, data={**name, "proof": "x" * 86 + "=="}).status_code == httpx.codes.FORBIDDEN
    good = {**name, "proof": proof(browser_, path)}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert browser_.post(path, data=good, headers=headers).status_code == httpx.codes.FORBIDDEN
    assert "evil" not in browser_.get("/console/registries").text
    own = {"Origin": str(browser_.base_url).rstrip("/")}
    assert browser_.post(path, data={**good, "name": "honest"}, headers=own).status_code == httpx.codes.SEE_OTHER
    assert "honest" in browser_.get("/console/registries").text


def test_a_sign_in_that_another_site_sends_is_refused(server: Server) -> None:
    given = {"name": ADMIN, "password": PASSWORD}
    answer = server.http.post("/console/login", data=given, headers={"Origin": "https://evil.example"})
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert "set-cookie" not in answer.headers


def test_the_proof_is_another_each_time_and_of_one_session(browser_: httpx.Client, server: Server) -> None:
    path = "/console/registries/-/new"
    assert proof(browser_, path) != proof(browser_, path)
    with httpx.Client(base_url=server.url) as other:
        other.post("/console/login", data={"name": ADMIN, "password": PASSWORD})
        theirs = proof(other, path)
    answer = browser_.post(path, data={"name": "evil", "visibility": "private", "proof": theirs})
    assert answer.status_code == httpx.codes.FORBIDDEN


def test_nobody_signs_in_over_plain_http_from_elsewhere(server: Server) -> None:
    headers = {"Host": "registry.example.org"}
    page = server.http.get("/console/login", headers=headers)
    assert "This page was reached over plain HTTP from another machine" in page.text
    assert 'type="password"' not in page.text
    answer = server.http.post("/console/login", data={"name": ADMIN, "password": PASSWORD}, headers=headers)
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert "set-cookie" not in answer.headers


def test_failed_sign_ins_are_slowed_down(server: Server) -> None:
    for _ in range(6):
        answer = server.http.post("/console/login", data={"name": "nobody-such", "password": "wrong"})
    assert answer.status_code == httpx.codes.TOO_MANY_REQUESTS
    assert "Too many requests. Try again in" in answer.text


def test_an_access_key_opens_no_session(server: Server) -> None:
    made = server.http.post("/api/v1/keys", json={}, auth=(ADMIN, PASSWORD)).json()
    answer = server.http.post("/console/login", data={"name": made["id"], "password": made["secret"]})
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "set-cookie" not in answer.headers


def test_the_api_knows_a_session_when_a_page_of_ours_asks(browser_: httpx.Client) -> None:
    ours = {"Sec-Fetch-Site": "same-origin"}
    assert browser_.get("/api/v1/me", headers=ours).json()["name"] == "admin"
    assert browser_.post("/api/v1/registries", json={"name": "byapi"}, headers=ours).status_code == httpx.codes.CREATED
    for other in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}):
        assert browser_.get("/api/v1/me", headers=other).status_code == httpx.codes.UNAUTHORIZED
        refused = browser_.post("/api/v1/registries", json={"name": "evilapi"}, headers=other)
        assert refused.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
    assert "evilapi" not in browser_.get("/console/registries").text


def test_a_form_that_is_too_large_is_refused(browser_: httpx.Client) -> None:
    answer = browser_.post("/console/registries/-/new", data={"name": "x" * (257 << 10)})
    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE


@pytest.mark.parametrize(
    "path",
    [
        "/console/images/main/apps/x%00y",
        "/console/images/main/apps/..%2f..%2fetc",
        "/console/registries?after=not-a-cursor",
        "/console/registries?sort=evil;drop",
        "/console/registries?size=²",
        "/console/registries?size=" + "1" * 5000,
        "/console/audit?after=" + "A" * 3000,
        "/console/images/main/apps/web/-/tags/sha256:zz",
        "/console/trash/main/apps/99999999999999999999/restore",
        "/console/activity/" + "x" * 2000,
        "/console/static/0000/console.js",
        "/console/static/../view.py",
        "/console/search?q=%00%ff%25",
        "/console/?" + "&".join(f"a{number}=1" for number in range(200)),
    ],
)
def test_a_strange_address_is_answered_with_a_page_and_never_a_trace(browser_: httpx.Client, path: str) -> None:
    answer = browser_.get(path)
    assert answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR, answer.text
    assert "Traceback" not in answer.text


def test_a_first_visit_is_light(image: Image, browser_: httpx.Client) -> None:
    for number in range(20):
        image.push_image(f"v{number}", seed=str(number))
    page = browser_.get(f"/console/images/{image.name}/-/tags", headers={"Accept-Encoding": "identity"})
    loaded = [page.content]
    for address in sorted(set(re.findall(r'(?:href|src)="(/console/static/[^"]+)"', page.text))):
        answer = browser_.get(address)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        loaded.append(answer.content)
    assert sum(len(gzip.compress(each)) for each in loaded) <= 60 * KIB
    assert len(loaded) + 1 <= 8
    assert len(gzip.compress(page.content)) <= 15 * KIB
    rows = page.text[page.text.index("<tbody") : page.text.index("</tbody")]
    assert len(rows.encode()) / rows.count("<tr ") <= 2.5 * KIB
    font = browser_.get(assets.address("vendor/inter.woff2"))
    assert len(font.content) <= 50 * KIB


def test_vendored_files_are_what_their_lock_says() -> None:
    for lock in vendor.LOCKS:
        entries = json.loads(lock.read_text())
        others = {path.name for path in lock.parent.iterdir()} - {lock.name}
        assert {entry["file"] for entry in entries} == others
        for entry in entries:
            body = (lock.parent / entry["file"]).read_bytes()
            assert hashlib.sha256(body).hexdigest() == entry["sha256"], entry["file"]


@pytest.mark.parametrize("code", [code for code in languages.NAMES if code != "en"])
def test_every_sentence_is_translated(code: str) -> None:
    known = languages.find(code)
    missing, different = [], []
    for place, message in catalogues.sentences():
        first = message if isinstance(message, str) else message[0]
        said = known.gettext(first)
        if said == first and re.search(r"[a-z]{2}", re.sub(r"%\(\w+\)s", "", first)) and first != "Pull":
            missing.append(f"{place}: {first}")
        if set(re.findall(r"%\(\w+\)s", said)) - set(re.findall(r"%\(\w+\)s", first)):
            different.append(f"{place}: {said}")
        facts = dict.fromkeys(re.findall(r"%\((\w+)\)", first), "x")
        assert said % facts, said
    assert (missing, different) == ([], [])


def test_the_catalogues_are_up_to_date() -> None:
    for code in languages.NAMES:
        path = languages.FOLDER / code / "console.po"
        if path.exists():
            assert path.read_bytes() == catalogues.updated(path, code), "run `make words`"


def test_the_reference_texts_are_exact() -> None:
    english = languages.find("en")
    exact = "Deletion policy test execution request has been completed"
    assert english.gettext(exact) == exact
    assert any(message == exact for _, message in catalogues.sentences())
