"""Deleting images and digests, one by one and many at once, and what is refused."""

import httpx
from playwright.sync_api import Page, expect

from tests import documents
from tests.client import Image
from tests.console.conftest import Enter
from tests.console.test_details import confirm, popup
from tests.console.test_tags import has_rows, open_menu
from tests.console.window import Window


def select(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("checkbox", name=f"Select {name}", exact=True).check()


def bulk(page: Page, button: str) -> None:
    page.get_by_role("region", name="Bulk actions").get_by_role("button", name=button, exact=True).click()


def gone(image: Image, reference: str) -> bool:
    return image.get(reference).status_code == httpx.codes.NOT_FOUND


def test_an_image_is_deleted_after_a_word_about_what_goes(image: Image, window: Window) -> None:
    image.push_image("v1", seed="1")
    image.push_image("v2", seed="2")
    page = window.open(f"/images/{image.name}").page
    page.get_by_role("button", name="Delete image").click()
    expect(popup(page)).to_contain_text("all 2 tags in it are deleted")
    expect(popup(page)).to_contain_text("It can be restored from the trash for 7 days.")
    expect(popup(page).get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(popup(page)).to_be_hidden()
    assert image.has("v1")
    page.get_by_role("button", name="Delete image").click()
    confirm(page)
    expect(page.get_by_role("heading", name="Image list", level=1)).to_be_visible()
    short = image.name.removeprefix("main/apps/")
    expect(page.get_by_text(f"Deletion of {short} has begun.")).to_be_visible()
    expect(page.get_by_role("link", name=short, exact=True)).to_be_hidden()
    assert gone(image, "v1")
    assert gone(image, "v2")


def test_two_windows_and_a_double_click_make_one_deletion(image: Image, enter: Enter) -> None:
    image.push_image("v1")
    one, two = enter().page, enter().page
    for page in (one, two):
        page.goto(f"{image.client.http.base_url}/console/images/{image.name}")
        page.get_by_role("button", name="Delete image").click()
        expect(popup(page)).to_be_visible()
    popup(one).get_by_role("button", name="Confirm").dblclick()
    expect(one.get_by_role("heading", name="Image list", level=1)).to_be_visible()
    confirm(two)
    expect(two.get_by_role("alert")).to_be_visible()
    one.goto(f"{image.client.http.base_url}/console/activity")
    expect(one.locator("#list tbody tr").filter(has_text=image.name)).to_have_count(1)


def test_a_form_is_sent_once_however_often_it_is_confirmed(image: Image, window: Window) -> None:
    image.push_image("v1")
    page = window.open(f"/images/{image.name}").page
    page.get_by_role("button", name="Edit description").click()
    popup(page).get_by_label("Description", exact=True).fill("once")
    popup(page).locator("form").evaluate("(form) => { form.requestSubmit(); form.requestSubmit(); }")
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert [each for each in window.asked if each.startswith("POST") and "description" in each] == [
        f"POST /console/images/{image.name}/-/edit/description"
    ]


def test_a_form_that_did_not_arrive_can_be_sent_again(image: Image, window: Window) -> None:
    image.push_image("v1")
    page = window.open(f"/images/{image.name}").page
    page.get_by_role("button", name="Edit description").click()
    popup(page).get_by_label("Description", exact=True).fill("at last")
    page.context.set_offline(True)
    confirm(page)
    expect(page.get_by_text("No connection. Try again in a moment.")).to_be_visible()
    page.context.set_offline(False)
    confirm(page)
    expect(page.get_by_text("Saved.")).to_be_visible()
    window.wrong.clear()


def test_one_digest_goes_by_its_menu(image: Image, window: Window) -> None:
    image.push_image("v1", seed="1")
    image.push_image("v2", seed="2")
    page = window.open(f"/images/{image.name}/-/tags").page
    open_menu(page, "v1")
    page.get_by_role("menuitem", name="Delete").click()
    expect(popup(page)).to_contain_text("Delete 1 digest?")
    confirm(page)
    expect(page.get_by_text("Deleting 1 digest.")).to_be_visible()
    expect(page.locator("#list tbody tr")).to_have_count(1)
    assert gone(image, "v1")
    assert image.has("v2")


def test_a_mixed_selection_goes_as_far_as_it_may(image: Image, window: Window) -> None:
    child = image.push_image("child", seed="child")
    image.put("index", documents.index([child]))
    image.push_image("plain", seed="plain")
    image.push_image("kept", seed="kept")
    page = window.open(f"/images/{image.name}/-/tags").page
    open_menu(page, "kept")
    page.get_by_role("menuitem", name="Tags lock").click()
    confirm(page)
    expect(page.get_by_text("Saved.")).to_be_visible()
    select(page, "child", "plain", "kept")
    expect(page.get_by_role("region", name="Bulk actions")).to_contain_text("3 selected of up to 50")
    bulk(page, "Delete")
    expect(popup(page)).to_contain_text("Delete 3 digests?")
    expect(popup(page)).to_contain_text("Other tags refer to this digest: index")
    expect(popup(page)).to_contain_text("Locked. Unlock it before you delete or update it.")
    confirm(page)
    expect(page.get_by_text("Deleting 1 digest. 2 were refused; Activity tells why.")).to_be_visible()
    expect(page.locator("#list tbody tr")).to_have_count(3)
    has_rows(page, "kept", "index", "child")
    window.open("/activity")
    page.get_by_role("link", name="Delete digests").first.click()
    expect(page.locator("#list tbody tr").filter(has_text="Refused")).to_have_count(2)
    window.open(f"/images/{image.name}/-/tags")
    select(page, "child", "index")
    bulk(page, "Delete")
    confirm(page)
    expect(page.locator("#list tbody tr")).to_have_count(1)


def test_fifty_are_selected_and_the_51st_is_not(image: Image, window: Window) -> None:
    for number in range(52):
        image.push_image(f"v{number}", seed=str(number))
    page = window.open(f"/images/{image.name}/-/tags?size=100&sort=name").page
    bar = page.get_by_role("region", name="Bulk actions")
    page.get_by_role("checkbox", name="Select all tags on this page").click()
    expect(bar).to_contain_text("50 selected of up to 50")
    expect(page.get_by_text("You can select up to 50 tags at a time.")).to_be_visible()
    bulk(page, "Clear")
    expect(bar).to_be_hidden()
    page.get_by_role("checkbox", name="Select v0", exact=True).click()
    page.get_by_role("checkbox", name="Select v4", exact=True).click(modifiers=["Shift"])
    expect(bar).to_contain_text("5 selected of up to 50")
    page.get_by_label("Filter by tag or digest").evaluate(
        "(field) => { field.value = 'v51'; field.form.requestSubmit(); }"
    )
    expect(page.locator("#list tbody tr")).to_have_count(1)
    select(page, "v51")
    expect(bar).to_contain_text("6 selected of up to 50")
    bulk(page, "Delete")
    expect(popup(page)).to_contain_text("Delete 6 digests?")
    confirm(page)
    expect(page.get_by_text("Deleting 6 digests.")).to_be_visible()
    for name in ("v0", "v4", "v51"):
        assert gone(image, name)
    assert image.has("v5")


def test_a_page_that_is_open_follows_what_goes_on(image: Image, window: Window) -> None:
    documents_ = [image.push_image(f"v{number}", seed=str(number)) for number in range(3)]
    page = window.open(f"/images/{image.name}/-/tags").page
    select(page, "v0", "v1")
    bulk(page, "Delete")
    confirm(page)
    expect(page.locator("#list tbody tr")).to_have_count(1)
    expect(page.locator("[data-poll]")).to_have_count(0)
    asked = len(window.asked)
    page.wait_for_timeout(3500)
    assert window.asked[asked:] == []
    assert image.has(documents_[2].digest)
