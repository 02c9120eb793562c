"""What whoever looks can choose of a list: its columns, how high its rows are and how many, kept in the browser."""

import httpx
import pytest
from playwright.sync_api import expect

from berth.doors.console import looks
from berth.doors.console.looks import Looks
from tests.client import Image
from tests.console import checks
from tests.console.conftest import Enter
from tests.console.forms import sent
from tests.console.test_details import confirm, popup
from tests.console.window import Window
from tests.serving import Server


@pytest.mark.parametrize(
    "cookie", ["", "!", "nonsense", "7!loose", "20!!tags=no-such-column", "20!!no-such-list=size", "20!!tags", "!!!=!="]
)
def test_what_makes_no_sense_leaves_lists_as_they_come(cookie: str) -> None:
    assert looks.read(cookie) == Looks()


def test_what_was_chosen_for_one_list_leaves_the_others() -> None:
    chosen = Looks().chosen("tags", ["size"], size=50, compact=True)
    both = looks.read(chosen.written()).chosen("users", ["kind"], size=100, compact=False)
    assert looks.read(both.written()) == both
    assert (both.columns("tags"), both.columns("users"), both.size, both.compact) == (["size"], ["kind"], 100, False)
    assert both.columns("audit") == list(looks.LISTS["audit"])


def test_columns_density_and_rows_are_chosen_and_kept(image: Image, window: Window) -> None:
    document = image.push_image("v1", seed=image.name)
    page = window.open(f"/images/{image.name}/-/tags?size=20&sort=name").page
    page.get_by_role("button", name="Table settings").click()
    for column in ("Digest", "Pulls"):
        popup(page).get_by_role("checkbox", name=column, exact=True).uncheck()
    popup(page).get_by_label("Density").select_option("compact")
    popup(page).get_by_label("Rows per page").select_option("50")
    confirm(page)
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert window.path == f"/images/{image.name}/-/tags?sort=name"
    heads = page.get_by_role("columnheader")
    expect(heads.filter(has_text="Size")).to_have_count(1)
    for column in ("Digest", "Pulls"):
        expect(heads.filter(has_text=column)).to_have_count(0)
    expect(page.get_by_label("Rows per page")).to_have_value("50")
    expect(page.locator("html")).to_have_attribute("data-density", "compact")
    page.get_by_role("button", name="Copy URL of v1").click()
    expect(page.get_by_role("menuitem", name="By digest").first).to_contain_text(document.digest)
    page.keyboard.press("Escape")


def test_every_list_can_do_without_all_but_its_first_column(
    server: Server, image: Image, browser_: httpx.Client
) -> None:
    gone = image.push_image("gone", seed=f"{image.name} gone")
    image.ask("DELETE", f"manifests/{gone.digest}")
    checks.advise(server)
    shop = checks.push_shop(image, "v1")
    checks.have_checked(image, shop)
    found = f"/images/{image.name}/-/tags/{shop.digest}/vulnerabilities"
    paths = {
        "trash": "/trash?place=main%2Fapps",
        "vulnerabilities": found,
        "packages": f"{found}?list=packages",
        "secrets": f"{found}?list=secrets",
        "tags": f"/images/{image.name}/-/tags",
        "images": "/images?registry=main&repository=apps",
        "registries": "/registries",
        "repositories": "/repositories",
        "activity": "/activity",
        "keys": "/keys",
        "users": "/users",
        "waivers": "/waivers",
        "refused": f"/images/{image.name}/-/refused",
        "audit": "/audit",
    }
    assert paths.keys() == looks.LISTS.keys()
    for table, path in paths.items():
        answer = sent(browser_, f"/console/lists/{table}", back=f"/console{path}", size="20", density="")
        assert answer.headers["location"] == f"/console{path}"
        page = browser_.get(f"/console{path}").text.partition('id="list"')[2].partition("</section>")[0]
        for label in looks.LISTS[table].values():
            assert f'data-l="{label}"' not in page, (table, label)
    assert sent(browser_, "/console/lists/tags", back="https://elsewhere.example/").headers["location"] == "/console/"


def test_the_question_mark_tells_the_keys_unless_they_are_off(enter: Enter) -> None:
    window = enter()
    page = window.open("/registries").page
    page.keyboard.press("?")
    expect(popup(page)).to_contain_text("Go to the search")
    page.keyboard.press("Escape")
    expect(popup(page)).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.press("?")
    expect(page.locator("#top-search")).to_have_value("?")
    window.open("/settings").page.get_by_role("switch", name="Keyboard shortcuts").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.keyboard.press("/")
    expect(page.locator("#top-search")).not_to_be_focused()
