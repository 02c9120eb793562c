"""The trash, tag history, and the deletion policy test."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from tests.client import Image
from tests.console.test_deleting import gone
from tests.console.test_details import confirm, popup
from tests.console.test_tags import has_rows
from tests.console.window import Window
from tests.serving import ADMIN, PASSWORD, Server


def _delete(image: Image, digest: str) -> None:
    assert image.ask("DELETE", f"manifests/{digest}").status_code == httpx.codes.ACCEPTED


def test_a_digest_comes_back_from_the_trash_under_a_free_name(image: Image, window: Window) -> None:
    old = image.push_image("v1", seed="old")
    _delete(image, old.digest)
    new = image.push_image("v1", seed="new")
    short = image.name.removeprefix("main/apps/")
    page = window.open(f"/trash?place=main/apps&image={short}").page
    line = page.locator("#list tbody tr").filter(has_text=old.digest[:19])
    line.get_by_role("button", name="Restore").click()
    confirm(page)
    expect(page.get_by_role("alert")).to_contain_text("v1 is in use")
    popup(page).get_by_label("Other name for v1").fill("v1-old")
    confirm(page)
    expect(page.get_by_text("Restored.")).to_be_visible()
    assert image.get("v1-old").content == old.body
    assert image.get("v1").content == new.body


def test_a_whole_image_comes_back(image: Image, window: Window) -> None:
    one, two = image.push_image("v1", seed="1"), image.push_image("v2", seed="2")
    page = window.open(f"/images/{image.name}/-/delete").page
    page.get_by_role("button", name="Confirm").click()
    short = image.name.removeprefix("main/apps/")
    expect(page.get_by_role("link", name=short, exact=True)).to_be_hidden(timeout=15_000)
    window.open(f"/trash?place=main/apps&image={short}")
    page.locator("#list tbody tr").filter(has_text="The whole image").get_by_role("button", name="Restore").click()
    confirm(page)
    expect(page.get_by_text("Restored.")).to_be_visible()
    assert (image.get("v1").content, image.get("v2").content) == (one.body, two.body)


def test_what_is_given_up_is_gone_for_good(image: Image, window: Window) -> None:
    old = image.push_image("v1")
    image.push_image("v2", seed="2")
    _delete(image, old.digest)
    short = image.name.removeprefix("main/apps/")
    page = window.open(f"/trash?place=main/apps&image={short}").page
    page.get_by_role("button", name=f"Delete {short} {old.digest[:19]} for good").click()
    confirm(page)
    expect(page.get_by_text("Deleted for good.")).to_be_visible()
    expect(page.locator("#list tbody tr")).to_have_count(0)


def test_a_tag_is_put_back_to_what_it_was(image: Image, window: Window) -> None:
    old = image.push_image("latest", seed="old")
    image.push_image("latest", seed="new")
    page = window.open(f"/images/{image.name}/-/history?tag=latest").page
    expect(page.locator("#list tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Put back").click()
    expect(popup(page)).to_contain_text(old.digest)
    confirm(page)
    expect(page.get_by_text("Put back.")).to_be_visible()
    assert image.get("latest").content == old.body


@pytest.fixture
def keeper(server: Server) -> Iterator[httpx.Client]:
    """Somebody who may pull in one repository and see the trash of another."""
    auth = (ADMIN, PASSWORD)
    for name in ("apps", "zoo"):
        server.http.post("/api/v1/registries/main/repositories", json={"name": name}, auth=auth)
    user = {"name": "keeper", "kind": "person", "password": "long enough 1"}
    server.http.post("/api/v1/users", json=user, auth=auth)
    for path, actions in (("main/apps", ["pull"]), ("main/zoo", ["pull", "manage"])):
        server.http.put(f"/api/v1/grants/keeper/{path}", json={"actions": actions}, auth=auth).raise_for_status()
    with httpx.Client(base_url=server.url) as http:
        http.post("/console/login", data={"name": "keeper", "password": "long enough 1"})
        yield http


@pytest.mark.parametrize("scope", ["", "main/apps", "main/gone", "nowhere/at-all", "x"])
def test_the_trash_of_the_menu_is_one_that_may_be_seen(keeper: httpx.Client, scope: str) -> None:
    keeper.cookies.set("berth-scope", scope)
    answer = keeper.get("/console/trash")
    assert answer.status_code == httpx.codes.OK
    assert re.findall(r'<option value="(main/[a-z]+)"', answer.text) == ["main/zoo"]
    assert keeper.get("/console/trash?place=main/apps").status_code == httpx.codes.FORBIDDEN


def test_who_may_see_no_trash_is_told_so(server: Server, keeper: httpx.Client) -> None:
    given = {"actions": ["pull"]}
    server.http.put("/api/v1/grants/keeper/main/zoo", json=given, auth=(ADMIN, PASSWORD)).raise_for_status()
    answer = keeper.get("/console/trash")
    assert answer.status_code == httpx.codes.OK
    assert "There is no repository whose trash you may see." in answer.text


def _policy(image: Image, days: int) -> None:
    """Untagged digests go so many days after their first push."""
    registry, repository, name = image.name.split("/", 2)
    address = f"/api/v1/registries/{registry}/repositories/{repository}/images/{name}"
    rules = {"untagged": {"enabled": True, "days": days}, "old": {"enabled": False, "days": 90}, "expression": "*"}
    body = {"policies": {"deletion": {"enabled": True, **rules}}}
    answer = image.client.http.patch(address, json=body, headers={"If-Match": "*"}, auth=("admin", PASSWORD))
    answer.raise_for_status()


def test_the_policy_test_cannot_run_while_the_policy_is_off(image: Image, window: Window) -> None:
    image.push_image("v1")
    page = window.open(f"/images/{image.name}").page
    page.get_by_role("link", name="Delete policy test").click()
    expect(page.get_by_role("button", name="Policy test", exact=True)).to_be_disabled()
    expect(page.get_by_text("Deletion policy is disabled.")).to_be_visible()


def test_a_policy_test_tells_what_would_go_and_deletes_nothing(image: Image, window: Window) -> None:
    image.push_image("v1", seed="1")
    image.push_image(seed="nameless")
    _policy(image, 1)
    page = window.open(f"/images/{image.name}/-/policy-test").page
    page.get_by_role("button", name="Policy test", exact=True).click()
    expect(popup(page)).to_contain_text("The test lists what the policy would delete now. Nothing is deleted.")
    confirm(page)
    expect(page.get_by_text("Deletion policy test execution request has been completed", exact=True)).to_be_visible()
    expect(page.get_by_text("No tags would be deleted now.")).to_be_visible(timeout=15_000)
    page.get_by_role("link", name="Kept, and why").click()
    expect(page.locator("#list tbody tr").filter(has_text="None")).to_contain_text("Its period has not passed")
    expect(page.locator("#list tbody tr").filter(has_text="v1")).to_contain_text("The rule is off")
    assert image.has("v1")
    _policy(image, 2)
    page.reload()
    expect(page.get_by_text("The policy changed after this test. Run it again.")).to_be_visible()
    window.open(f"/images/{image.name}/-/tags?sort=name")
    has_rows(page, "v1", "None")
    assert not gone(image, "v1")
