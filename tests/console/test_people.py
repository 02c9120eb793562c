"""Users, access keys, audit and search in the console."""

import json

import httpx
from playwright.sync_api import expect

from tests.client import Image
from tests.console.conftest import Enter
from tests.console.test_details import confirm, popup
from tests.console.window import Window
from tests.serving import PASSWORD


def test_a_user_is_made_disabled_reset_and_deleted(enter: Enter) -> None:
    window = enter()
    page = window.open("/users").page
    page.get_by_role("button", name="Create user").click()
    popup(page).get_by_label("User name").fill("newcomer")
    popup(page).get_by_label("Password", exact=True).fill("short")
    confirm(page)
    expect(page.get_by_role("alert")).to_contain_text("8")
    popup(page).get_by_label("Password", exact=True).fill("long enough 1")
    confirm(page)
    expect(page.get_by_text("User created.")).to_be_visible()
    assert window.server.http.get("/api/v1/me", auth=("newcomer", "long enough 1")).status_code == httpx.codes.OK
    page.get_by_role("button", name="Edit user newcomer").click()
    popup(page).get_by_role("switch", name="Disabled").check()
    confirm(page)
    expect(page.locator("#list tbody tr").filter(has_text="newcomer")).to_contain_text("Disabled")
    assert window.server.http.get("/api/v1/me", auth=("newcomer", "long enough 1")).status_code == 401
    page.get_by_role("button", name="Edit user newcomer").click()
    popup(page).get_by_role("switch", name="Disabled").uncheck()
    confirm(page)
    expect(page.locator("#list tbody tr").filter(has_text="newcomer")).to_contain_text("Active")
    page.get_by_role("button", name="Set the password of newcomer").click()
    popup(page).get_by_label("New password").fill("long enough 2")
    confirm(page)
    expect(page.get_by_text("Password set.")).to_be_visible()
    assert window.server.http.get("/api/v1/me", auth=("newcomer", "long enough 2")).status_code == httpx.codes.OK
    page.get_by_role("button", name="Delete user newcomer").click()
    confirm(page)
    expect(page.locator("#list tbody tr").filter(has_text="newcomer")).to_have_count(0)


def test_the_last_administrator_stays_one(window: Window) -> None:
    page = window.open("/users/admin/edit").page
    page.get_by_role("switch", name="Disabled").check()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert")).to_contain_text("This is the last administrator who can sign in.")


def test_a_key_is_shown_once_used_and_revoked(image: Image, window: Window) -> None:
    image.push_image("v1")
    page = window.open("/keys").page
    page.get_by_role("button", name="Create key").click()
    popup(page).get_by_label("Description").fill("for CI")
    popup(page).get_by_label("Only for").select_option("main/apps")
    confirm(page)
    expect(popup(page)).to_contain_text("The secret is shown now and never again.")
    key = popup(page).get_by_label("Key id", exact=True).inner_text()
    secret = popup(page).get_by_label("Secret", exact=True).inner_text()
    assert window.server.client(key, secret).image(image.name).has("v1")
    popup(page).get_by_role("link", name="Confirm").or_(popup(page).get_by_role("button", name="Confirm")).click()
    line = page.locator("#list tbody tr").filter(has_text=key)
    expect(line).to_contain_text("main/apps:pull")
    assert secret not in page.content()
    line.get_by_role("button", name="Revoke").click()
    confirm(page)
    expect(line).to_contain_text("Revoked")
    assert not window.server.client(key, secret).image(image.name).has("v1")


def test_audit_is_filtered_and_exported(image: Image, window: Window) -> None:
    image.push_image("v1")
    page = window.open("/audit").page
    page.get_by_label("Action").fill("session.start")
    page.keyboard.press("Enter")
    expect(page.locator("#list tbody tr").first).to_contain_text("session.start")
    window.open("/audit?action=session")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Export").click()
    events = [json.loads(line) for line in waiting.value.path().read_text().splitlines()]
    assert events
    assert {event["action"].partition(".")[0] for event in events} == {"session"}
    assert [event["id"] for event in events] == sorted(event["id"] for event in events)


def test_search_finds_images_tags_and_digests(image: Image, window: Window) -> None:
    document = image.push_image("v-findable")
    short = image.name.rpartition("/")[2]
    page = window.open("/").page
    page.keyboard.press("/")
    page.keyboard.type(short)
    page.keyboard.press("Enter")
    expect(page.get_by_role("main").get_by_role("link", name=image.name, exact=True)).to_be_visible()
    window.open("/search?q=v-find")
    page.get_by_role("link", name=f"{image.name}:v-findable").click()
    expect(page.get_by_role("main")).to_contain_text(document.digest)
    window.open(f"/search?q={document.digest[7:19]}")
    expect(page.get_by_role("link", name=f"{image.name}@{document.digest[:19]}")).to_be_visible()
    window.open("/search?q=there-is-nothing-like-it")
    expect(page.get_by_text("Nothing matches")).to_be_visible()


def test_who_may_only_read_sees_no_button_that_changes_anything(image: Image, enter: Enter) -> None:
    image.push_image("v1")
    auth = ("admin", PASSWORD)
    http = image.client.http
    http.post("/api/v1/users", json={"name": "reader", "kind": "person", "password": "long enough 1"}, auth=auth)
    http.put("/api/v1/grants/reader/main/apps", json={"actions": ["pull"]}, auth=auth).raise_for_status()
    window = enter(signed_in=False).sign_in("reader", "long enough 1")
    page = window.open(f"/images/{image.name}").page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for name in ("Delete image", "Edit description", "Edit image lock status", "Edit image tag deletion"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    window.open(f"/images/{image.name}/-/tags")
    expect(page.get_by_role("checkbox")).to_have_count(0)
    page.get_by_role("button", name="More actions for v1").click()
    assert page.get_by_role("menuitem").all_inner_texts() == ["Detailed usage guide"]
    page.keyboard.press("Escape")
    for path in ("/users", "/audit", f"/images/{image.name}/-/delete", "/registries/main/-/edit"):
        answer = page.goto(f"{window.server.url}/console{path}")
        assert answer is not None
        assert answer.status in (403, 404), path


def test_what_is_not_there_and_what_is_hidden_look_the_same(image: Image, enter: Enter) -> None:
    image.push_image("v1")
    auth = ("admin", PASSWORD)
    stranger = {"name": "stranger", "kind": "person", "password": "long enough 1"}
    image.client.http.post("/api/v1/users", json=stranger, auth=auth).raise_for_status()
    window = enter(signed_in=False).sign_in("stranger", "long enough 1")
    seen = []
    for path in (image.name, "main/nothing/here", "nowhere/at/all"):
        answer = window.page.goto(f"{window.server.url}/console/images/{path}")
        assert answer is not None
        seen.append((answer.status, window.page.get_by_role("alert").inner_text().replace("Repository not", "Not")))
    assert {status for status, _ in seen} == {404}
    assert len({text for _, text in seen}) == 1
