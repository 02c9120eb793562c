"""Signing in and out, and what ends a session."""

import httpx

from tests.client import Image
from tests.console.conftest import Enter
from tests.serving import PASSWORD, Server


def test_a_wrong_password_is_told_and_what_was_typed_stays(enter: Enter) -> None:
    window = enter(signed_in=False).open("/login")
    page = window.page
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    assert page.get_by_role("alert").inner_text() == "Wrong user name or password."
    assert page.get_by_label("User name").input_value() == "admin"
    assert page.get_by_label("Password").input_value() == ""


def test_signing_in_leads_to_the_page_that_was_asked_for(enter: Enter, image: Image) -> None:
    image.push_image("v1")
    window = enter(signed_in=False).open(f"/images/{image.name}/-/tags?sort=name")
    page = window.page
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="v1", exact=True).or_(page.get_by_role("button", name="v1", exact=True)).wait_for()
    assert window.path == f"/images/{image.name}/-/tags?sort=name"


def test_the_page_asked_for_is_never_another_site(enter: Enter) -> None:
    window = enter(signed_in=False)
    for evil in ("//evil.example/", "https://evil.example/", "/console/\\evil", "javascript:alert(1)"):
        window.open(f"/login?next={evil}")
        page = window.page
        page.get_by_label("User name").fill("admin")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Service Home").wait_for()
        window.page.context.clear_cookies()


def test_the_page_asked_for_may_have_any_letters(server: Server) -> None:
    given = {"name": "admin", "password": PASSWORD}
    answer = server.http.post("/console/login", params={"next": "/console/search?q=이미지&a=b%20c"}, data=given)
    assert answer.status_code == httpx.codes.SEE_OTHER
    assert answer.headers["location"] == "/console/search?q=%EC%9D%B4%EB%AF%B8%EC%A7%80&a=b%20c"
    assert answer.headers["set-cookie"].startswith("berth=")
    server.http.cookies.clear()


def test_cookies_of_others_do_not_stand_in_the_way(browser_: httpx.Client) -> None:
    session = f"berth={browser_.cookies['berth']}"
    browser_.cookies.clear()
    theirs = ('a{b}="x; y', "bad name=1", "theirs=" + "x" * 8000, '{"json": [1, 2]}=1', "=", "naïve=é")
    for other in theirs:
        for line in ([f"{other}; {session}"], [f"{session}; {other}"], [other, session]):
            headers = [(b"Cookie", each.encode("latin-1")) for each in line]
            answer = browser_.get("/console/account", headers=headers)
            assert answer.status_code == httpx.codes.OK, line


def test_a_part_of_a_page_that_needs_a_session_is_refused_and_leads_to_the_sign_in(server: Server) -> None:
    answer = server.http.get("/console/keys/-/new", headers={"HX-Request": "true", "HX-Target": "dialog"})
    assert answer.status_code == httpx.codes.UNAUTHORIZED
    assert answer.headers["hx-redirect"] == "/console/login?next=%2Fconsole%2Fkeys%2F-%2Fnew"


def test_signing_out_ends_the_session(enter: Enter) -> None:
    window = enter().open("/account")
    window.page.get_by_role("button", name="Sign out", exact=True).click()
    window.page.get_by_role("heading", name="Sign in to Berth").wait_for()
    window.open("/registries")
    assert window.path.startswith("/login?next=")


def test_signing_out_everywhere_ends_the_other_window_too(enter: Enter) -> None:
    here, there = enter(), enter()
    here.open("/account")
    here.page.get_by_role("button", name="Sign out everywhere").click()
    here.page.get_by_role("heading", name="Sign in to Berth").wait_for()
    there.open("/registries")
    assert there.path.startswith("/login")


def test_a_disabled_user_is_out_at_the_next_click(server: Server, enter: Enter) -> None:
    server.http.post(
        "/api/v1/users",
        json={"name": "leaver", "kind": "person", "password": "long enough 1"},
        auth=("admin", PASSWORD),
    ).raise_for_status()
    window = enter(signed_in=False).sign_in("leaver", "long enough 1")
    server.http.patch(
        "/api/v1/users/leaver", json={"disabled": True}, headers={"If-Match": "*"}, auth=("admin", PASSWORD)
    ).raise_for_status()
    window.page.get_by_role("link", name="Registry").first.click()
    window.page.get_by_role("heading", name="Sign in to Berth").wait_for()


def test_changing_the_password_ends_all_sessions(server: Server, enter: Enter) -> None:
    server.http.post(
        "/api/v1/users",
        json={"name": "changer", "kind": "person", "password": "long enough 1"},
        auth=("admin", PASSWORD),
    ).raise_for_status()
    window = enter(signed_in=False).sign_in("changer", "long enough 1")
    window.open("/account")
    page = window.page
    page.get_by_role("button", name="Change password").click()
    page.get_by_label("Current password").fill("long enough 1")
    page.get_by_label("New password", exact=True).fill("long enough 2")
    page.get_by_label("New password once more").fill("long enough 2")
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("heading", name="Sign in to Berth").wait_for()
    window.sign_in("changer", "long enough 2")
