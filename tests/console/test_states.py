"""States that pass or that nobody wants: being deleted, failed deletions, and a page that follows them."""

import contextlib
import itertools
import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.client import Image
from tests.console.conftest import Enter
from tests.console.test_deleting import gone
from tests.console.test_details import confirm, popup
from tests.console.test_tags import open_menu
from tests.console.window import Window
from tests.serving import Server, served

_number = itertools.count()


@contextlib.contextmanager
def stuck(server: Server, digest: str) -> Iterator[None]:
    """Rows of this digest cannot be deleted: the database itself says no."""
    name = f"stuck{next(_number)}"
    with contextlib.closing(sqlite3.connect(server.folder / "data" / "berth.db", timeout=30)) as database:
        database.execute(
            f"CREATE TRIGGER {name} BEFORE DELETE ON manifest WHEN old.digest = '{digest}'"
            " BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END"
        )
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
    expect(page.get_by_role("menuitem", name="Edit tags")).to_have_attribute("aria-disabled", "true")
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
