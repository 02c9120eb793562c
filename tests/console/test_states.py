"""States that pass or that nobody wants: being deleted, failed deletions, and a page that follows them."""

import contextlib
import itertools
import os
import re
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.client import Image
from tests.console.conftest import Enter
from tests.console.test_deleting import gone
from tests.console.test_details import confirm, popup
from tests.console.test_tags import open_menu
from tests.console.window import Window
from tests.long import long
from tests.serving import Server, served

_number = itertools.count()


def stuck(server: Server, digest: str) -> contextlib.AbstractContextManager[None]:
    """Rows of this digest cannot be deleted."""
    return failing(server, f"DELETE ON manifest WHEN old.digest = '{digest}'")


@contextlib.contextmanager
def failing(server: Server, act: str) -> Iterator[None]:
    """An act cannot be done: the database itself says no."""
    name = f"stuck{next(_number)}"
    with contextlib.closing(sqlite3.connect(server.folder / "data" / "berth.db", timeout=30)) as database:
        database.execute(f"CREATE TRIGGER {name} BEFORE {act} BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END")
        database.commit()
        try:
            yield
        finally:
            database.execute(f"DROP TRIGGER {name}")
            database.commit()


@contextlib.contextmanager
def paused(server: Server) -> Iterator[None]:
    """The background worker stands still, so what was asked for stays under way."""
    worker = server.workers()[-1]
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker, signal.SIGCONT)


def test_a_deletion_that_fails_leaves_only_delete(server: Server, image: Image, window: Window) -> None:
    document = image.push_image("v1", seed=image.name)
    page = window.open(f"/images/{image.name}/-/delete").page
    with stuck(server, document.digest):
        page.get_by_role("button", name="Confirm").click()
        short = image.name.removeprefix("main/apps/")
        line = page.locator("#list tbody tr").filter(has=page.get_by_role("link", name=short, exact=True))
        expect(line).to_contain_text("Inactive", timeout=60_000)
        expect(line).to_contain_text("Deletion failed, delete again")
    assert gone(image, "v1")
    window.open(f"/images/{image.name}")
    expect(page.get_by_text("Deletion failed. The image cannot be used. Only delete is available.")).to_be_visible()
    expect(page.get_by_role("button", name="Edit description")).to_have_count(0)
    page.get_by_role("button", name="Delete image").click()
    confirm(page)
    expect(page.get_by_role("heading", name="Image list", level=1)).to_be_visible()
    expect(line).to_have_count(0, timeout=30_000)


def test_a_digest_whose_deletion_fails_can_be_deleted_again(server: Server, image: Image, window: Window) -> None:
    document = image.push_image("v1", seed=image.name)
    image.push_image("v2", seed=f"{image.name} 2")
    page = window.open(f"/images/{image.name}/-/tags").page
    open_menu(page, "v1")
    page.get_by_role("menuitem", name="Delete").click()
    line = page.locator("#list tbody tr").filter(has_text=document.digest[:19])
    with stuck(server, document.digest):
        confirm(page)
        expect(line).to_contain_text("Inactive", timeout=60_000)
    open_menu(page, "v1")
    assert page.get_by_role("menuitem").all_inner_texts() == ["Delete"]
    expect(page.get_by_role("separator")).to_have_count(0)
    page.get_by_role("menuitem", name="Delete").click()
    confirm(page)
    expect(line).to_have_count(0, timeout=30_000)


def test_an_open_page_shows_what_comes_while_something_goes_on(server: Server, image: Image, window: Window) -> None:
    image.push_image("v1", seed=image.name)
    image.push_image("v2", seed=f"{image.name} 2")
    page = window.open(f"/images/{image.name}/-/tags").page
    open_menu(page, "v1")
    page.get_by_role("menuitem", name="Delete").click()
    with paused(server):
        confirm(page)
        expect(page.locator("#list tbody tr").filter(has_text="Deleting")).to_have_count(1)
        page.get_by_role("checkbox", name="Select v2", exact=True).check()
        button = page.get_by_role("button", name="More actions for v2")
        button.focus()
        image.push_image("v3", seed=f"{image.name} 3")
        expect(page.get_by_role("button", name="v3", exact=True)).to_be_visible(timeout=30_000)
        expect(page.get_by_role("checkbox", name="Select v2", exact=True)).to_be_checked()
        expect(button).to_be_focused()
    expect(page.locator("#list tbody tr")).to_have_count(2, timeout=30_000)
    expect(page.locator("#poll")).to_have_count(0)


def test_a_row_that_is_on_its_way_out_has_only_its_guide(server: Server, image: Image, window: Window) -> None:
    image.push_image("v1", seed=image.name)
    page = window.open(f"/images/{image.name}/-/tags").page
    open_menu(page, "v1")
    page.get_by_role("menuitem", name="Delete").click()
    with paused(server):
        confirm(page)
        expect(page.locator("#list tbody tr").filter(has_text="Deleting")).to_have_count(1)
        expect(page.get_by_role("checkbox", name="Select v1", exact=True)).to_have_count(0)
        open_menu(page, "v1")
        assert page.get_by_role("menuitem").all_inner_texts() == ["Detailed usage guide"]
        page.keyboard.press("Escape")
    expect(page.locator("#list tbody tr")).to_have_count(0, timeout=30_000)


def test_what_was_selected_and_deleted_elsewhere_is_selected_no_more(
    server: Server, image: Image, window: Window
) -> None:
    for name in ("v1", "v2", "v3"):
        image.push_image(name, seed=f"{image.name} {name}")
    away = image.push_image("v4", seed=f"{image.name} v4")
    page = window.open(f"/images/{image.name}/-/tags").page
    open_menu(page, "v1")
    page.get_by_role("menuitem", name="Delete").click()
    bar = page.get_by_role("region", name="Bulk actions")
    with paused(server):
        confirm(page)
        expect(page.locator("#list tbody tr").filter(has_text="Deleting")).to_have_count(1)
        for name in ("v2", "v4"):
            page.get_by_role("checkbox", name=f"Select {name}", exact=True).check()
        expect(bar).to_contain_text("2 selected of up to 50")
        image.ask("DELETE", f"manifests/{away.digest}")
        expect(bar).to_contain_text("1 selected of up to 50", timeout=30_000)
        expect(page.get_by_text("1 of the selected are gone.")).to_be_visible()
    expect(page.locator("#poll")).to_have_count(0, timeout=30_000)
    field = page.get_by_label("Filter by tag or digest")
    field.evaluate("(field) => { field.value = 'v3'; field.form.requestSubmit(); }")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    expect(bar).to_contain_text("1 selected of up to 50")


def polls(window: Window) -> list[str]:
    """Those of the list; what stands above it asks for itself, as often."""
    return [each for each in window.asked if "/-/tags?since=" in each]


@long
def test_a_page_that_waits_for_long_asks_less_often(server: Server, image: Image, window: Window) -> None:
    image.push_image("v1", seed=image.name)
    page = window.open(f"/images/{image.name}/-/tags").page
    open_menu(page, "v1")
    page.get_by_role("menuitem", name="Delete").click()
    with paused(server):
        page.clock.install()
        confirm(page)
        expect(page.locator("#list tbody tr").filter(has_text="Deleting")).to_have_count(1)
        counts = []
        for _minute in range(4):
            before = len(polls(window))
            for _step in range(20):
                page.clock.run_for(3000)
                expect(page.locator(".htmx-request")).to_have_count(0)
            counts.append(len(polls(window)) - before)
        page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
        before = len(polls(window))
        page.clock.run_for(60_000)
        assert len(polls(window)) == before, "nobody looks"
        page.evaluate("delete document.hidden")
        page.clock.resume()
    assert counts[0] >= 15
    assert counts[3] <= 6
    expect(page.locator("#list tbody tr")).to_have_count(0, timeout=30_000)


def test_how_far_a_deletion_is_and_what_it_has_come_to_is_told(server: Server, image: Image, window: Window) -> None:
    image.push_image("v1", seed=f"{image.name} 1")
    image.push_image("v2", seed=f"{image.name} 2")
    page = window.open(f"/images/{image.name}").page
    page.get_by_role("button", name="Delete image").click()
    with paused(server):
        confirm(page)
        expect(page.get_by_text("has begun.")).to_be_visible()
        window.open("/")
        work = page.get_by_role("table", name="In progress").get_by_role("row").filter(has_text=image.name)
        expect(work).to_contain_text("0 of 2")
        expect(page.get_by_role("link", name="Activity: 1 in progress")).to_be_visible()
        window.open(f"/images/{image.name}")
        expect(page.get_by_text("0 of 2 digests deleted. You can leave this page.")).to_be_visible()
        expect(page.get_by_role("progressbar", name="Progress")).to_be_visible()
        page.context.set_offline(True)
        expect(page.get_by_text(re.compile(r"^No connection\. Shown data is from \d\d:\d\d\.$"))).to_be_visible()
        page.context.set_offline(False)
        expect(page.get_by_text("No connection.")).to_be_hidden()
        window.wrong.clear()
    expect(page.get_by_text("The image is deleted.")).to_be_visible(timeout=30_000)
    expect(page.locator("h1")).to_contain_text("Gone")
    page.get_by_role("link", name="View details").click()
    expect(page.locator("h1")).to_contain_text("Done")


def test_while_an_image_is_changed_what_edits_it_stays_and_says_why_not(
    server: Server, image: Image, browser_: httpx.Client
) -> None:
    image.push_image("v1", seed=image.name)
    with contextlib.closing(sqlite3.connect(server.folder / "data" / "berth.db", timeout=30)) as database:
        short = image.name.removeprefix("main/apps/")
        database.execute("UPDATE image SET state = 'editing' WHERE name = ?", [short])
        database.commit()
    page = browser_.get(f"/console/images/{image.name}").text
    for edit in ("Edit description", "Edit image lock status", "Edit image tag deletion"):
        assert f'aria-label="{edit}. This image is being edited. Try again in a moment."' in page
    assert "/-/edit/" not in page


def test_a_list_whose_image_is_gone_stays_and_says_so(server: Server, image: Image, window: Window) -> None:
    image.push_image("v1", seed=image.name)
    page = window.open(f"/images/{image.name}/-/tags").page
    open_menu(page, "v1")
    page.get_by_role("menuitem", name="Delete").click()
    with paused(server):
        confirm(page)
        expect(page.locator("#list tbody tr").filter(has_text="Deleting")).to_have_count(1)
        page.route(
            "**/-/tags?*since=*", lambda route: route.continue_(url=f"{server.url}/console/images/main/apps/no/-/tags")
        )
        expect(page.get_by_text("Not found, or you do not have access.")).to_be_visible(timeout=30_000)
        expect(page.locator("#list tbody tr")).to_have_count(1)
        expect(page.locator("#poll")).to_have_count(0)
    window.wrong.clear()


def test_a_failure_is_told_in_the_dialog_with_its_request_and_keeps_what_was_entered(
    server: Server, image: Image, window: Window
) -> None:
    image.push_image("v1", seed=image.name)
    page = window.open(f"/images/{image.name}").page
    page.get_by_role("button", name="Edit description").click()
    popup(page).get_by_label("Description", exact=True).fill("kept")
    with failing(server, "UPDATE ON image"):
        confirm(page)
        told = popup(page).get_by_role("alert")
        expect(told).to_contain_text("Something failed on the server. Request ID ")
    request = told.inner_text().partition("Request ID ")[2].partition(".")[0]
    assert request in server.log
    confirm(page)
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_text("kept")).to_be_visible()
    window.wrong.clear()


def test_after_a_deletion_the_focus_is_on_the_next_row_else_on_the_list(image: Image, window: Window) -> None:
    for name in ("v1", "v2"):
        image.push_image(name, seed=f"{image.name} {name}")
    page = window.open(f"/images/{image.name}/-/tags?sort=name").page
    open_menu(page, "v1")
    page.get_by_role("menuitem", name="Delete").click()
    confirm(page)
    expect(page.get_by_role("button", name="More actions for v2")).to_be_focused()
    expect(page.locator("#list tbody tr")).to_have_count(1, timeout=30_000)
    open_menu(page, "v2")
    page.get_by_role("menuitem", name="Delete").click()
    confirm(page)
    expect(page.get_by_role("heading", level=2).first).to_be_focused()


def test_a_poll_that_finds_nothing_new_costs_nothing(server: Server, image: Image, window: Window) -> None:
    image.push_image("v1", seed=image.name)
    page = window.open(f"/images/{image.name}/-/tags").page
    open_menu(page, "v1")
    page.get_by_role("menuitem", name="Delete").click()
    with paused(server):
        with page.expect_response(
            lambda answer: "since=" in answer.url and answer.status == 204, timeout=60_000
        ) as empty:
            confirm(page)
        assert empty.value.headers.get("content-length", "0") == "0"
    expect(page.locator("#list tbody tr")).to_have_count(0, timeout=30_000)


def test_both_endpoints_are_copied_when_both_are_on(enter: Enter) -> None:
    window = enter()
    page = window.open("/registries/-/new").page
    name = f"both{'abcdefgh'[next(_number) % 8]}"
    page.get_by_label("Registry name").fill(name)
    page.get_by_label("Host of the private endpoint").fill(f"{name}.internal:5000")
    page.get_by_role("switch", name="Public endpoint").check()
    page.get_by_label("Host of the public endpoint").fill(f"{name}.example.org")
    page.get_by_role("switch", name="Create repositories on push").check()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Registry created.")).to_be_visible()
    document = window.server.client().image(f"{name}/apps/web").push_image("v1")
    window.open(f"/images/{name}/apps/web/-/tags")
    expected = {
        0: f"{name}.internal:5000/apps/web:v1",
        1: f"{name}.internal:5000/apps/web@{document.digest}",
        2: f"{name}.example.org/apps/web:v1",
        3: f"{name}.example.org/apps/web@{document.digest}",
    }
    page.get_by_role("button", name="User guide").click()
    expect(popup(page)).to_contain_text(f"docker pull {name}.internal:5000/apps/web:TAG")
    popup(page).get_by_role("link", name="Public endpoint").click()
    expect(popup(page)).to_contain_text(f"docker pull {name}.example.org/apps/web:TAG")
    popup(page).get_by_role("button", name="Confirm").click()
    for place, text in expected.items():
        page.get_by_role("button", name="Copy URL of v1").click()
        page.get_by_role("menuitem").nth(place).click()
        page.wait_for_function("text => navigator.clipboard.readText().then(found => found === text)", arg=text)


def test_a_push_into_nowhere_is_refused_and_one_into_a_repository_appears(image: Image, window: Window) -> None:
    answer = image.client.image("main/nowhere/web").start()
    assert answer.json()["errors"][0]["code"] == "NAME_UNKNOWN"
    assert "berth repository create" in answer.text
    image.push_image("v1")
    page = window.open("/images?registry=main&repository=apps&sort=-created_at").page
    expect(page.get_by_role("link", name=image.name.removeprefix("main/apps/"), exact=True)).to_be_visible()


def test_tabs_have_addresses_and_back_works(image: Image, window: Window) -> None:
    image.push_image("v1")
    page = window.open(f"/images/{image.name}").page
    tabs = page.get_by_role("navigation", name="Image", exact=True)
    for name, end in (("Tags", "/-/tags"), ("Delete policy test", "/-/policy-test"), ("Tag history", "/-/history")):
        tabs.get_by_role("link", name=name).click()
        expect(tabs.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
        assert window.path == f"/images/{image.name}{end}"
    page.go_back()
    page.go_back()
    assert window.path == f"/images/{image.name}/-/tags"


@pytest.fixture(scope="module")
def careful(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("careful")
    (folder / "data").mkdir()
    shutil.copyfile(sqlite_template, folder / "data" / "berth.db")
    with served(folder, settings={"BERTH_CONFIRM_BY_TYPING": "true"}) as running:
        yield running


def test_where_it_is_asked_for_the_name_is_typed_first(careful: Server, enter: Enter) -> None:
    image = careful.client().image("main/apps/careful")
    image.push_image("v1")
    window = enter(signed_in=False)
    window.server = careful
    window.sign_in().open("/images/main/apps/careful")
    page = window.page
    page.get_by_role("button", name="Delete image").click()
    popup(page).get_by_label("Type careful to delete it").fill("careles")
    confirm(page)
    expect(page.get_by_role("alert")).to_contain_text("type careful to delete it")
    assert image.has("v1")
    popup(page).get_by_label("Type careful to delete it").fill("careful")
    confirm(page)
    expect(page.get_by_text("Deletion of careful has begun.")).to_be_visible()
    assert gone(image, "v1")
