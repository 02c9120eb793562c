"""Registries and repositories in the console: making, choosing, changing, deleting; grants on them."""

import itertools

import httpx
from playwright.sync_api import expect

from tests.client import Image
from tests.console.conftest import Enter
from tests.console.test_details import confirm, popup
from tests.console.window import Window
from tests.serving import PASSWORD, Server

_letters = itertools.cycle("abcdefghijklmnop")


def test_home_leads_to_the_image_list_of_the_chosen_repository(image: Image, window: Window) -> None:
    image.push_image("v1")
    page = window.open("/").page
    page.get_by_role("navigation", name="Service menu").get_by_role("link", name="Image").click()
    popup_or_page = page.get_by_label("Registry and repository")
    popup_or_page.select_option("main/apps")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Image list", level=1)).to_be_visible()
    assert window.path == "/images?registry=main&repository=apps"
    page.reload()
    expect(page.get_by_role("link", name=image.name.removeprefix("main/apps/"), exact=True)).to_be_visible()
    page.get_by_role("link", name="Service Home").first.click()
    page.get_by_role("navigation", name="Service menu").get_by_role("link", name="Image").click()
    expect(page.get_by_role("heading", name="Image list", level=1)).to_be_visible()


def test_a_registry_and_a_repository_are_made_from_the_selector(window: Window) -> None:
    name = f"shop{next(_letters)}"
    page = window.open("/images?registry=main&repository=apps").page
    page.get_by_role("button", name="Settings: select registry and repository").click()
    popup(page).get_by_role("link", name="Create new registry").click()
    page.get_by_label("Registry name").fill("No Such Name")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Registry name").fill(name)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Registry created.")).to_be_visible()
    expect(page.get_by_role("heading", level=1, name="Create repository")).to_be_visible()
    page.get_by_label("Repository name", exact=True).fill("web")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Image list", level=1)).to_be_visible()
    assert window.path == f"/images?registry={name}&repository=web"
    expect(page.get_by_text("No images in web yet")).to_be_visible()
    made = window.server.client().image(f"{name}/web/hello").push_image("v1")
    page.reload()
    expect(page.get_by_role("link", name="hello", exact=True)).to_be_visible()
    assert made.digest


def test_a_registry_without_repositories_is_offered_for_one(window: Window) -> None:
    name = f"bare{next(_letters)}"
    auth = ("admin", PASSWORD)
    window.server.http.post("/api/v1/registries", json={"name": name}, auth=auth).raise_for_status()
    page = window.open("/images/select").page
    page.get_by_role("link", name=f"Create new repository in {name}").click()
    expect(page.get_by_role("heading", level=1, name="Create repository")).to_be_visible()


def test_a_registry_is_changed_and_deleted_with_everything_inside(window: Window) -> None:
    name = f"gone{next(_letters)}"
    page = window.open("/registries/-/new").page
    page.get_by_label("Registry name").fill(name)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Edit", exact=True).click()
    popup(page).get_by_label("Host of the private endpoint").fill(f"{name}.example.org")
    popup(page).get_by_role("switch", name="Create repositories on push").check()
    confirm(page)
    expect(page.get_by_text(f"{name}.example.org", exact=True)).to_be_visible()
    window.server.client().image(f"{name}/fresh/one").push_image("v1")
    page.reload()
    expect(page.get_by_role("link", name="fresh", exact=True)).to_be_visible()
    page.get_by_role("button", name="Delete registry").click()
    confirm(page)
    expect(page.get_by_role("alert")).to_contain_text("is not empty")
    popup(page).get_by_role("switch", name="Delete everything inside as well").check()
    popup(page).get_by_label(f"To delete everything inside, type {name}").fill("something else")
    confirm(page)
    expect(page.get_by_role("alert")).to_contain_text(f"Type {name} to delete everything inside.")
    popup(page).get_by_label(f"To delete everything inside, type {name}").fill(name)
    confirm(page)
    expect(page.get_by_text("Deletion has begun.")).to_be_visible()
    window.open("/activity")
    mine = page.locator("#list tbody tr").filter(has_text=name)
    expect(mine.filter(has_text="Delete registry").get_by_text("Done")).to_be_visible(timeout=15_000)
    window.open("/trash")
    page.get_by_role("button", name=f"Restore {name}", exact=True).click()
    confirm(page)
    expect(page.get_by_text(f"{name} is back; its images follow.")).to_be_visible()
    expect(mine.filter(has_text="Restore registry").get_by_text("Done")).to_be_visible(timeout=15_000)
    assert window.server.client().image(f"{name}/fresh/one").tags() == ["v1"]


def test_defaults_are_set_and_applied_to_images_that_are_there(window: Window) -> None:
    name = f"defs{next(_letters)}"
    auth = ("admin", PASSWORD)
    window.server.http.post("/api/v1/registries", json={"name": name}, auth=auth).raise_for_status()
    window.server.http.post(
        f"/api/v1/registries/{name}/repositories", json={"name": "apps"}, auth=auth
    ).raise_for_status()
    client = window.server.client()
    client.image(f"{name}/apps/old").push_image("v1")
    page = window.open(f"/registries/{name}/repositories/apps").page
    page.get_by_role("button", name="Edit", exact=True).click()
    popup(page).get_by_label("Immutable tags").fill("release-*")
    popup(page).get_by_role("switch", name="Deletion policy").check()
    confirm(page)
    expect(page.get_by_text("release-*")).to_be_visible()
    page.get_by_role("button", name="Apply to existing images").click()
    expect(popup(page)).to_contain_text(f"{name}/apps/old")
    confirm(page)
    expect(page.get_by_text("The default policies are being applied.")).to_be_visible()
    expect(page.locator("#list tbody tr").first).to_contain_text("Done", timeout=15_000)
    window.open(f"/images/{name}/apps/old")
    expect(page.locator("dl.facts").last).to_contain_text("Deletion policy: Enabled")
    image_there = client.image(f"{name}/apps/old")
    image_there.push_image("release-1", seed="1")
    other = image_there.push_image(seed="2")
    assert image_there.put("release-1", other).status_code == httpx.codes.FORBIDDEN


def test_grants_are_given_changed_and_taken(server: Server, enter: Enter) -> None:
    auth = ("admin", PASSWORD)
    user = {"name": "guest", "kind": "person", "password": "long enough 1"}
    server.http.post("/api/v1/users", json=user, auth=auth).raise_for_status()
    window = enter()
    page = window.open("/registries/main/-/grants").page
    page.get_by_role("button", name="Add grant").click()
    popup(page).get_by_label("User name").fill("guest")
    popup(page).get_by_role("checkbox", name="pull", exact=True).check()
    confirm(page)
    expect(page.locator("#list tbody tr").filter(has_text="guest")).to_contain_text("pull")
    page.get_by_role("button", name="Edit the grant of guest").click()
    popup(page).get_by_role("checkbox", name="push", exact=True).check()
    confirm(page)
    expect(page.locator("#list tbody tr").filter(has_text="guest")).to_contain_text("pull, push")
    page.get_by_role("button", name="Delete the grant of guest").click()
    confirm(page)
    expect(page.locator("#list tbody tr").filter(has_text="guest")).to_have_count(0)
