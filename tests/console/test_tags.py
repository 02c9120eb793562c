"""The Tags tab: what a row shows, copying, the menu, names, locks, the details window."""

import hashlib
import json
import re

import httpx
from playwright.sync_api import Page, expect

from tests import documents
from tests.client import Image
from tests.console.conftest import Enter
from tests.console.forms import sent
from tests.console.test_details import confirm, popup
from tests.console.window import Window
from tests.documents import Document


def has_rows(page: Page, *names: str) -> None:
    """The list comes to have these rows, each by its first name."""
    expect(page.locator("#list tbody .taglist > :first-child")).to_have_text(list(names))


def open_menu(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"More actions for {name}", exact=True).click()


def test_a_row_shows_names_digest_size_times_and_state(image: Image, window: Window) -> None:
    document = image.push_image("v1")
    for name in ("v2", "v3", "v4", "v5"):
        image.put(name, document)
    page = window.open(f"/images/{image.name}/-/tags").page
    line = page.locator("#list tbody tr")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("v1")
    expect(line).to_contain_text("+2")
    expect(line).to_contain_text(document.digest[:19])
    expect(line).to_contain_text("Active")
    expect(line).to_contain_text(" B")
    assert page.locator("thead th:visible").all_inner_texts()[1:8] == [
        "Tags", "Digest", "Size", "Edited", "Inspected", "Vulnerability check result", "Status",
    ]  # fmt: skip
    page.set_viewport_size({"width": 1800, "height": 900})
    expect(page.get_by_role("columnheader", name="Pushed")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Pulls")).to_be_visible()


def test_names_sort_as_people_count(image: Image, window: Window) -> None:
    for name in ("6.0.10", "6.0.9", "6.0.8", "latest"):
        image.push_image(name, seed=name)
    page = window.open(f"/images/{image.name}/-/tags").page
    page.get_by_role("link", name="Tags", exact=True).last.click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Tags")
    has_rows(page, "6.0.8", "6.0.9", "6.0.10", "latest")
    assert "sort=name" in page.url
    page.get_by_role("link", name="Tags", exact=True).last.click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Tags")
    has_rows(page, "latest", "6.0.10", "6.0.9", "6.0.8")
    page.go_back()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Tags")
    page.reload()
    has_rows(page, "6.0.8", "6.0.9", "6.0.10", "latest")
    page.set_viewport_size({"width": 390, "height": 844})
    sort = page.get_by_role("columnheader", name="Tags").get_by_role("link")
    sort.focus()
    expect(sort).to_be_in_viewport(ratio=1)
    assert window.overflow() == 0


def test_filters_and_pages_are_in_the_address(image: Image, enter: Enter) -> None:
    for number in range(23):
        image.push_image(f"v{number}", seed=str(number))
    image.push_image(seed="nameless")
    window = enter()
    page = window.open(f"/images/{image.name}/-/tags?sort=name").page
    expect(page.locator("#list tbody tr")).to_have_count(20)
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("#list tbody tr")).to_have_count(4)
    has_rows(page, "v20", "v21", "v22", "None")
    page.get_by_role("link", name="First page").click()
    expect(page.locator("#list tbody tr")).to_have_count(20)
    page.get_by_label("Rows per page").select_option("50")
    expect(page.locator("#list tbody tr")).to_have_count(24)
    page.get_by_role("combobox", name="Tags").select_option("no")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    shared = page.url
    other = enter()
    other.page.goto(shared)
    has_rows(other.page, "None")
    page.get_by_role("combobox", name="Tags").select_option("yes")
    page.get_by_label("Filter by tag or digest").fill("v22")
    page.keyboard.press("Enter")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    page.get_by_label("Filter by tag or digest").fill("nothing-like-it")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No tags match")).to_be_visible()
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("#list tbody tr")).to_have_count(20)


def test_addresses_by_tag_and_digest_are_copied_and_can_be_pulled(image: Image, window: Window) -> None:
    document = image.push_image("v1")
    page = window.open(f"/images/{image.name}/-/tags").page
    copied = {}
    for how in ("By tag", "By digest"):
        page.get_by_role("button", name="Copy URL of v1").click()
        page.get_by_role("menuitem", name=how).click()
        expect(page.get_by_text("Copied")).to_be_visible()
        copied[how] = page.evaluate("navigator.clipboard.readText()")
    base = f"{window.server.host}/{image.name}"
    assert copied == {"By tag": f"{base}:v1", "By digest": f"{base}@{document.digest}"}
    assert image.get(copied["By tag"].rpartition(":")[2]).content == document.body
    assert image.get(copied["By digest"].rpartition("@")[2]).content == document.body


def test_the_menu_has_its_items_in_order_and_follows_the_lock(image: Image, window: Window) -> None:
    image.push_image("v1")
    page = window.open(f"/images/{image.name}/-/tags").page
    open_menu(page, "v1")
    items = page.get_by_role("menuitem")
    assert [text.splitlines()[0] for text in items.all_inner_texts()] == [
        "Edit tags", "Vulnerability check", "Detailed usage guide", "Tags lock", "Quarantine", "Delete",
    ]  # fmt: skip
    page.get_by_role("menuitem", name="Tags lock").click()
    popup(page).get_by_label("Reason", exact=True).fill("keep it")
    confirm(page)
    expect(page.locator("#list tbody tr")).to_contain_text("Locked: keep it")
    open_menu(page, "v1")
    assert [text.splitlines()[0] for text in items.all_inner_texts()] == [
        "Edit tags", "Vulnerability check", "Detailed usage guide", "Tags unlock", "Quarantine", "Delete",
    ]  # fmt: skip
    page.keyboard.press("Escape")
    other = image.push_image(seed="other")
    assert image.put("v1", other).status_code == httpx.codes.FORBIDDEN
    image.push_image("free", seed="free")
    assert image.put("free", other).status_code == httpx.codes.CREATED
    open_menu(page, "v1")
    page.get_by_role("menuitem", name="Tags unlock").click()
    confirm(page)
    expect(page.locator("#list tbody tr").filter(has_text="v1")).not_to_contain_text("Locked")
    assert image.put("v1", image.push_image(seed="other")).status_code == httpx.codes.CREATED


def test_names_are_added_moved_and_removed_in_one_window(image: Image, window: Window) -> None:
    one, two = image.push_image("v1", seed="one"), image.push_image("v2", seed="two")
    page = window.open(f"/images/{image.name}/-/tags").page
    open_menu(page, "v1")
    page.get_by_role("menuitem", name="Edit tags").click()
    field = popup(page).get_by_label("Add a tag")
    field.fill("no!")
    confirm(page)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(field).to_be_focused()
    names(page, "v1")
    popup(page).get_by_role("button", name="Remove v1").click()
    expect(popup(page)).to_contain_text("Without any name the digest is untagged (None).")
    field.fill("v2, fresh")
    names(page, "v2")
    field.press("Enter")
    names(page, "v2", "fresh")
    expect(field).to_have_value("")
    confirm(page)
    expect(page.get_by_role("alert")).to_contain_text(f"v2 now points to {two.digest[:19]}; it will move here.")
    assert image.get("v2").content == two.body
    confirm(page)
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert image.get("v2").content == one.body
    assert image.get("fresh").content == one.body
    assert image.get("v1").status_code == httpx.codes.NOT_FOUND
    open_menu(page, "fresh")
    page.get_by_role("menuitem", name="Edit tags").click()
    popup(page).get_by_role("button", name="Remove fresh").click()
    expect(popup(page).get_by_role("button", name="Remove v2")).to_be_focused()
    page.keyboard.press("Enter")
    expect(popup(page).get_by_label("Add a tag")).to_be_focused()
    confirm(page)
    has_rows(page, "None", "None")


def names(page: Page, *those: str) -> None:
    """What the digest is to be called when the window is confirmed."""
    expect(popup(page).get_by_role("list", name="Tags").get_by_role("listitem").filter(visible=True)).to_have_text(
        those
    )


def test_without_a_script_names_are_ticked_and_written(image: Image, enter: Enter) -> None:
    document = image.push_image("v1")
    image.put("v2", document)
    page = enter(java_script_enabled=False).open(f"/images/{image.name}/-/tags/{document.digest}/edit").page
    expect(page.get_by_role("button", name="Remove v1")).to_have_count(0)
    page.get_by_role("checkbox", name="v1").uncheck()
    page.get_by_label("Add a tag").fill("v3 no!")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Add a tag")).to_have_value("v3 no!")
    expect(page.get_by_role("checkbox", name="v1")).not_to_be_checked()
    page.get_by_label("Add a tag").fill("v3")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert [image.has(name) for name in ("v1", "v2", "v3")] == [False, True, True]


def test_an_untagged_digest_is_called_none(image: Image, window: Window) -> None:
    image.push_image(seed="nameless")
    page = window.open(f"/images/{image.name}/-/tags").page
    has_rows(page, "None")


def test_the_details_window_has_the_exact_manifest(image: Image, window: Window) -> None:
    document = image.push_image("v1")
    page = window.open(f"/images/{image.name}/-/tags").page
    page.get_by_role("button", name="v1", exact=True).click()
    expect(popup(page)).to_contain_text(document.digest)
    expect(popup(page)).to_contain_text(document.media_type)
    expect(popup(page).get_by_label("Manifest JSON")).to_contain_text('"schemaVersion": 2')
    popup(page).get_by_role("button", name="Copy digest").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == document.digest
    popup(page).get_by_role("button", name="Copy manifest").click()
    page.wait_for_function(
        f"navigator.clipboard.readText().then(text => text === {json.dumps(document.body.decode())})"
    )
    with page.expect_download() as waiting:
        popup(page).get_by_role("link", name="Download").click()
    body = waiting.value.path().read_bytes()
    assert f"sha256:{hashlib.sha256(body).hexdigest()}" == document.digest
    assert waiting.value.suggested_filename.endswith(f"-{document.digest[7:19]}.json")
    popup(page).get_by_role("button", name="Confirm").click()
    expect(popup(page)).to_be_hidden()
    expect(page.get_by_role("button", name="v1", exact=True)).to_be_focused()


def test_a_digest_has_an_address_of_its_own(image: Image, window: Window) -> None:
    document = image.push_image("v1")
    page = window.open(f"/images/{image.name}/-/tags/{document.digest}").page
    expect(page.get_by_role("heading", level=1, name="Tag details")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(document.digest)


def pushed_for(image: Image, platform: str) -> Document:
    system, architecture, *variant = platform.split("/")
    config = json.dumps({"os": system, "architecture": architecture, **({"variant": variant[0]} if variant else {})})
    image.push(config.encode())
    document = documents.manifest(config.encode(), [])
    image.put_digest(document)
    return document


def test_an_index_is_one_row_whose_platforms_unfold(image: Image, enter: Enter) -> None:
    platforms = ("linux/arm64", "linux/amd64", "linux/arm/v7")
    children = [pushed_for(image, each) for each in platforms]
    image.put("multi", documents.index(children))
    image.push_artifact(children[1])
    path = f"/images/{image.name}/-/tags?sort=name"
    page = enter().open(path).page
    has_rows(page, "multi")
    fold = page.get_by_role("button", name="Multi-arch, 3 platforms")
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.press("Enter")
    expect(fold).to_have_attribute("aria-expanded", "true")
    expect(fold).to_be_focused()
    below = page.locator("#list tr.child")
    expect(below.locator(".indent > .name")).to_have_text(sorted(platforms))
    expect(below.first).to_contain_text(children[1].digest[:19])
    below.first.get_by_role("button", name="Copy URL").click()
    expect(page.get_by_role("menuitem", name="By tag")).to_have_count(0)
    page.keyboard.press("Escape")
    below.first.get_by_role("button", name="1 referrer").click()
    expect(below).to_have_count(4)
    shared = page.url
    fold.press("Space")
    expect(below).to_have_count(0)
    page.go_back()
    expect(below).to_have_count(4)
    plain = enter(java_script_enabled=False).open(shared.partition("/console")[2]).page
    expect(plain.locator("#list tr.child")).to_have_count(4)
    plain.get_by_role("button", name="Multi-arch, 3 platforms").click()
    expect(plain.locator("#list tr.child")).to_have_count(0)


def test_what_an_index_lists_says_so_and_leads_to_it(image: Image, window: Window) -> None:
    child = image.push_image(seed="amd64")
    index = documents.index([child])
    image.put("multi", index)
    page = window.open(f"/images/{image.name}/-/tags/{child.digest}").page
    page.get_by_role("main").get_by_role("button", name="multi", exact=True).click()
    expect(popup(page)).to_contain_text(index.digest)


def test_the_usage_guide_names_this_digest(image: Image, window: Window) -> None:
    image.push_image("v1")
    page = window.open(f"/images/{image.name}/-/tags").page
    open_menu(page, "v1")
    page.get_by_role("menuitem", name="Detailed usage guide").click()
    expect(popup(page)).to_contain_text(f"docker pull {window.server.host}/{image.name}:v1")
    popup(page).get_by_role("button", name="Copy").first.click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"docker login {window.server.host}"


def test_an_artifact_is_shown_with_its_type(image: Image, window: Window) -> None:
    image.push(b"{}")
    image.put("note", documents.artifact(None, "application/x.note"))
    page = window.open(f"/images/{image.name}/-/tags").page
    expect(page.locator("#list tbody tr")).to_contain_text("application/x.note")
    expect(page.locator("#list tbody tr")).to_contain_text("Not supported for this type")


def test_of_what_is_selected_only_images_are_checked(image: Image, browser_: httpx.Client) -> None:
    """What is none is shown as such, and does not stand in the way."""
    good, note = image.push_image("v1"), image.push_artifact(None)
    path = f"/console/images/{image.name}/-/tags/check?digest={good.digest}&digest={note.digest}"
    asked = browser_.get(path).text
    assert "1 digest is checked" in asked
    assert asked.count("Not supported for this type") == 1
    assert re.findall(r'name="digest" value="([^"]+)"', asked) == [good.digest]
    answer = sent(browser_, path, digest=good.digest)
    assert answer.headers["location"].endswith("/-/tags")
    alone = browser_.get(f"/console/images/{image.name}/-/tags/{note.digest}/check").text
    assert re.search(r'<button[^>]* type="submit" form="popup" disabled', alone)


def test_hostile_names_and_texts_are_only_text(image: Image, window: Window) -> None:
    evil = "<img src=x onerror=alert(1)>\u202egnp.exe"
    long = "t" * 128
    image.push_image(long, annotations={"org.example.note": evil, evil: "'\"><script>alert(2)</script>"})
    page = window.open(f"/images/{image.name}/-/tags").page
    page.get_by_role("button", name=long, exact=True).click()
    expect(popup(page)).to_contain_text("<img src=x onerror=alert(1)>")
    expect(popup(page)).to_contain_text("<script>alert(2)</script>")
    assert page.locator("dialog img, dialog script").count() == 0
    assert window.overflow() == 0


def test_rows_are_chosen_by_platform_state_and_digest(image: Image, window: Window) -> None:
    document = image.push_image("v1", seed="1")
    image.push_image("v2", seed="2")
    page = window.open(f"/images/{image.name}/-/tags").page
    page.get_by_label("Platform, such as linux/arm64").fill("plan9/mips")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No tags match")).to_be_visible()
    window.open(f"/images/{image.name}/-/tags")
    page.get_by_role("combobox", name="Status").select_option("inactive")
    expect(page.get_by_text("No tags match")).to_be_visible()
    page.get_by_role("combobox", name="Status").select_option("active")
    has_rows(page, "v2", "v1")
    page.get_by_label("Filter by tag or digest").fill(document.digest[:19])
    page.keyboard.press("Enter")
    has_rows(page, "v1")


def test_the_guide_is_for_the_repository_that_was_looked_at(image: Image, window: Window) -> None:
    image.push_image("v1")
    page = window.open("/images?registry=main&repository=apps").page
    page.get_by_role("link", name="User guide", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Push an image")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(f"docker push {window.server.host}/main/apps/IMAGE:TAG")
