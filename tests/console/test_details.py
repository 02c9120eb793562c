"""An image's Details tab and its popups."""

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.client import Image
from tests.console.window import Window
from tests.serving import PASSWORD, Server


def fact(page: Page, name: str) -> str:
    return (
        page.locator("dl.facts > div").filter(has=page.get_by_text(name, exact=True)).locator("dd").first.inner_text()
    )


def popup(page: Page) -> Locator:
    return page.get_by_role("dialog")


def confirm(page: Page) -> None:
    popup(page).get_by_role("button", name="Confirm").click()


def test_who_made_an_image_and_who_changed_it(server: Server, image: Image, window: Window) -> None:
    auth = ("admin", PASSWORD)
    made = {"name": "maker", "kind": "person", "password": "long enough 1"}
    if server.http.post("/api/v1/users", json=made, auth=auth).status_code == httpx.codes.CREATED:
        given = {"actions": ["pull", "push"]}
        server.http.put("/api/v1/grants/maker/main/apps", json=given, auth=auth).raise_for_status()
    server.client("maker", "long enough 1").image(image.name).push_image("v1")
    window.open(f"/images/{image.name}")
    assert fact(window.page, "Creator") == "maker"
    assert fact(window.page, "Image name") == image.name.removeprefix("main/apps/")
    assert fact(window.page, "Registry name") == "main"
    assert "UTC+" in fact(window.page, "Creation time")
    window.page.get_by_role("button", name="Edit description").click()
    popup(window.page).get_by_label("Description", exact=True).fill("By somebody else")
    confirm(window.page)
    expect(window.page.get_by_text("Saved.")).to_be_visible()
    assert (fact(window.page, "Editor"), fact(window.page, "Creator")) == ("admin", "maker")


def test_pulls_are_counted_without_looks_and_children(image: Image, window: Window) -> None:
    image.push_image("v1")
    image.get("v1", "HEAD")
    for _ in range(3):
        image.get("v1")
    page = window.open(f"/images/{image.name}").page
    for _ in range(40):
        if fact(page, "Pulls") == "3":
            break
        page.wait_for_timeout(250)
        page.reload()
    assert fact(page, "Pulls") == "3"


def test_registry_and_repository_are_links_to_their_pages(image: Image, window: Window) -> None:
    image.push_image("v1")
    page = window.open(f"/images/{image.name}").page
    page.locator("dl.facts").get_by_role("link", name="apps").click()
    expect(page.get_by_role("heading", level=1, name="apps")).to_be_visible()
    page.go_back()
    page.locator("dl.facts").get_by_role("link", name="main").click()
    expect(page.get_by_role("heading", level=1, name="main")).to_be_visible()


def test_a_description_is_saved_shown_as_text_and_at_most_255_long(image: Image, window: Window) -> None:
    image.push_image("v1")
    page = window.open(f"/images/{image.name}").page
    page.get_by_role("button", name="Edit description").click()
    popup(page).get_by_label("Description", exact=True).fill("<b>bold</b> & plain")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert fact(page, "Description") == "\N{EN DASH}"
    page.get_by_role("button", name="Edit description").click()
    popup(page).get_by_label("Description", exact=True).fill("<b>bold</b> & plain")
    confirm(page)
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert fact(page, "Description") == "<b>bold</b> & plain"
    page.get_by_role("button", name="Edit description").click()
    popup(page).get_by_label("Description", exact=True).evaluate("(field) => { field.maxLength = 1000; }")
    popup(page).get_by_label("Description", exact=True).fill("x" * 256)
    confirm(page)
    expect(page.get_by_role("alert")).to_contain_text("255")
    assert popup(page).get_by_label("Description", exact=True).input_value() == "x" * 256


def test_somebody_else_was_faster_and_the_entries_stay(server: Server, image: Image, window: Window) -> None:
    image.push_image("v1")
    page = window.open(f"/images/{image.name}").page
    page.get_by_role("button", name="Edit description").click()
    popup(page).get_by_label("Description", exact=True).fill("mine")
    registry, repository, name = image.name.split("/", 2)
    address = f"/api/v1/registries/{registry}/repositories/{repository}/images/{name}"
    server.http.patch(
        address, json={"description": "theirs"}, headers={"If-Match": "*"}, auth=("admin", PASSWORD)
    ).raise_for_status()
    confirm(page)
    expect(page.get_by_role("alert")).to_contain_text("admin changed this just now.")
    with page.expect_popup() as other:
        page.get_by_role("alert").get_by_role("link").click()
    expect(other.value.get_by_label("Description", exact=True)).to_have_value("theirs")
    assert popup(page).get_by_label("Description", exact=True).input_value() == "mine"
    confirm(page)
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert fact(page, "Description") == "mine"


def test_a_locked_image_keeps_everything_until_it_is_unlocked(image: Image, window: Window) -> None:
    document = image.push_image("v1")
    own = image.push_image("v2", seed="locked on its own")
    page = window.open(f"/images/{image.name}/-/tags/{own.digest}/lock").page
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    window.open(f"/images/{image.name}")
    page.get_by_role("button", name="Edit image lock status").click()
    popup(page).get_by_label("Lock status", exact=True).select_option("lock")
    popup(page).get_by_label("Reason", exact=True).fill("release")
    confirm(page)
    expect(page.get_by_text("Locked by admin")).to_be_visible()
    assert image.ask("DELETE", f"manifests/{document.digest}").status_code == httpx.codes.FORBIDDEN
    window.open(f"/images/{image.name}/-/tags")
    expect(page.get_by_role("row").filter(has_text="v1")).to_contain_text("Locked: release")
    page.get_by_role("button", name="More actions for v1").click()
    delete = page.get_by_role("menuitem", name="Delete")
    expect(delete).to_have_attribute("aria-disabled", "true")
    expect(delete).to_contain_text("Locked. Unlock first.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete image").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Confirm")).to_be_disabled()
    page.get_by_role("button", name="Cancel").click()
    window.open(f"/images/{image.name}")
    page.get_by_role("button", name="Edit image lock status").click()
    popup(page).get_by_label("Lock status", exact=True).select_option("unlock")
    expect(popup(page)).to_contain_text("including 1 tag locked on its own")
    confirm(page)
    expect(page.get_by_text("Saved.")).to_be_visible()
    for each in (document, own):
        assert image.ask("DELETE", f"manifests/{each.digest}").status_code == httpx.codes.ACCEPTED


@pytest.mark.parametrize("days", ["0", "1000", "-1", "1.5", "many"])
def test_a_period_is_a_whole_number_of_days_from_1_to_999(image: Image, window: Window, days: str) -> None:
    image.push_image("v1")
    page = window.open(f"/images/{image.name}").page
    page.get_by_role("button", name="Edit image tag deletion").click()
    popup(page).get_by_role("switch", name="Deletion policy").check()
    popup(page).get_by_role("switch", name="Delete untagged images").check()
    field = popup(page).get_by_label("Period for untagged images, days", exact=True)
    field.evaluate("(field) => { field.type = 'text'; }")
    field.fill(days)
    page.locator("form#popup").evaluate("(form) => { form.noValidate = true; }")
    confirm(page)
    expect(page.get_by_role("alert")).to_contain_text("Enter a whole number of days from 1 to 999.")
    page.get_by_role("button", name="Cancel").click()
    page.reload()
    expect(page.locator("dl.facts").last).to_contain_text("Deletion policy: Disabled")


def test_a_deletion_policy_is_saved_as_it_was_entered(image: Image, window: Window) -> None:
    image.push_image("v1")
    page = window.open(f"/images/{image.name}").page
    page.get_by_role("button", name="Edit image tag deletion").click()
    popup(page).get_by_role("switch", name="Deletion policy").check()
    popup(page).get_by_role("switch", name="Delete untagged images").check()
    popup(page).get_by_label("Period for untagged images, days", exact=True).fill("7")
    popup(page).get_by_label("Only images all of whose tags match", exact=True).fill("pr-*")
    confirm(page)
    facts = page.locator("dl.facts").last
    expect(facts).to_contain_text("Deletion policy: Enabled")
    expect(facts).to_contain_text("Untagged images: Enabled 7 days after the first push")
    expect(facts).to_contain_text("all tags match pr-*")
