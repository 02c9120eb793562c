"""What is true of every page: barriers, widths, themes, languages, the keyboard, and no script at all."""

import itertools
import re

import pytest
from playwright.sync_api import expect

from tests import documents
from tests.client import Image
from tests.console import checks
from tests.console.conftest import Enter
from tests.console.test_deleting import gone
from tests.console.test_details import popup
from tests.console.window import PHONE, WIDE, Window
from tests.long import LONG
from tests.serving import PASSWORD, Server

PAGES = [
    "/",
    "/registries",
    "/registries/main",
    "/registries/main/-/grants",
    "/registries/-/new",
    "/registries/main/-/edit",
    "/registries/main/-/delete",
    "/repositories",
    "/registries/main/repositories/apps",
    "/registries/main/repositories/apps/-/policies",
    "/registries/main/repositories/apps/-/guide",
    "/images/select",
    "/images?registry=main&repository=apps",
    "/images?registry=main&repository=apps&q=no-such-image",
    "/images/{image}",
    "/images/{image}/-/tags",
    "/images/{image}/-/tags/{digest}",
    "/images/{image}/-/tags/{digest}/edit",
    "/images/{image}/-/tags/{digest}/guide",
    "/images/{image}/-/tags/{digest}/lock",
    "/images/{image}/-/tags/{digest}/delete",
    "/images/{image}/-/tags?open={index}&open={digest}",
    "/images/{image}/-/tags/{child}",
    "/images/{image}/-/tags/{child}/delete",
    "/images/{image}/-/tags/{digest}/check",
    "/images/{image}/-/tags/{digest}/vulnerabilities",
    "/images/{image}/-/tags/{scanned}/vulnerabilities",
    "/images/{image}/-/tags/{scanned}/vulnerabilities?list=packages",
    "/images/{image}/-/tags/{scanned}/vulnerabilities?list=secrets",
    "/images/{image}/-/tags/{scanned}/compare?base=scanned",
    "/images/{image}/-/tags/{scanned}/sbom",
    "/images/{image}/-/tags/{index}/vulnerabilities",
    "/registries/main/repositories/apps/-/check",
    "/images/{image}/-/edit/scan",
    "/images/{image}/-/edit/pull-restriction",
    "/images/{image}/-/tags?restricted=yes",
    "/images/{image}/-/tags/{digest}/quarantine",
    "/images/{image}/-/refused",
    "/registries/main/repositories/apps/-/refused",
    "/waivers",
    "/waivers/-/new?place={image}&digest={scanned}&vulnerability=CVE-2023-45853",
    "/waivers/-/import",
    "/waivers/{waiver}/edit",
    "/waivers/{waiver}/end",
    "/vulnerabilities",
    "/vulnerabilities?vulnerability=CVE-2023-45853",
    "/images/{image}/-/history?tag=v1",
    "/images/{image}/-/policy-test",
    "/images/{image}/-/edit/description",
    "/images/{image}/-/edit/lock",
    "/images/{image}/-/edit/deletion-policy",
    "/images/{image}/-/delete",
    "/images/{image}/-/guide",
    "/activity",
    "/trash",
    "/keys",
    "/keys/-/new",
    "/users",
    "/users/-/new",
    "/users/admin/edit",
    "/audit",
    "/settings",
    "/shortcuts",
    "/lists/tags",
    "/account",
    "/account/password",
    "/search?q=web",
    "/no-such-page",
]
LOOKS = [(theme, size) for theme in ("light", "dark") for size in (WIDE, PHONE)]
WIDTHS = (320, 390, 768, 1024, 1280, 1440, 1920) if LONG else (320,)


@pytest.fixture(scope="module")
def paths(server: Server) -> list[str]:
    """Every page, with something on it."""
    image = server.client().image("main/apps/shop/everywhere")
    document = image.push_image("v1", seed="1", annotations={"org.example.note": "a note"})
    for name in ("v2", "v3", "v4", "v5"):
        image.put(name, document)
    child = image.push_image(seed="child")
    shop = checks.push_shop(image, "scanned")
    index = documents.index([child, shop])
    image.put("multi", index)
    image.push_image(seed="nameless")
    image.push_artifact(document)
    checks.advise(server)
    checks.have_checked(image, shop)
    facts = {"image": image.name, "digest": document.digest, "index": index.digest, "child": child.digest}
    facts["scanned"] = shop.digest
    facts["waiver"] = str(checks.restricted_and_waived(image, document))
    return [path.format(**facts) for path in PAGES]


@pytest.mark.parametrize("turn", range(len(LOOKS) if LONG else 1))
def test_no_page_has_a_barrier(paths: list[str], enter: Enter, turn: int) -> None:
    """Each page in another look than the one before, and in the long run in all of them."""
    windows = [enter(size=size, color_scheme=theme) for theme, size in LOOKS]
    looks = itertools.islice(itertools.cycle(windows), turn, None)
    found = {path: window.open(path).axe() for path, window in zip(paths, looks, strict=False)}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_the_window(paths: list[str], enter: Enter, width: int) -> None:
    window = enter(size=(width, 800))
    assert {path: wider for path in paths if (wider := window.open(path).overflow()) > 0} == {}


def test_every_page_is_korean_when_korean_is_chosen(paths: list[str], enter: Enter) -> None:
    """What is left in Latin letters are names, commands and the words the field uses."""
    window = enter(language="ko-KR", signed_in=False)
    page = window.open("/login").page
    page.get_by_label("사용자 이름").fill("admin")
    page.get_by_label("비밀번호").fill(PASSWORD)
    page.get_by_role("button", name="로그인").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("서비스 홈")
    assert page.locator("html").get_attribute("lang") == "ko"
    english = re.compile(r"\b(the|of|and|is|are|was|were|Delete|Create|Edit|Cancel|Confirm|Status|Tags|Edited)\b")
    left: dict[str, list[str]] = {}
    for path in paths:
        window.open(path)
        words = page.locator("main").evaluate(
            "main => { const copy = main.cloneNode(true);"
            " for (const each of copy.querySelectorAll('pre, code, svg, .tagname, [lang=en]')) each.remove();"
            " return copy.textContent; }"
        )
        lines = [line.strip() for line in words.splitlines() if english.search(line)]
        if lines:
            left[path] = lines
    assert left == {}


def test_language_and_theme_are_kept(enter: Enter) -> None:
    window = enter()
    page = window.open("/settings").page
    page.get_by_label("Theme", exact=True).select_option("dark")
    page.get_by_label("Language", exact=True).select_option("ko")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("저장했습니다.")).to_be_visible()
    window.open("/registries")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    expect(page.get_by_role("heading", level=1)).to_have_text("레지스트리")


def test_the_keyboard_alone_edits_selects_and_deletes(image: Image, window: Window) -> None:
    image.push_image("v1", seed="1")
    image.push_image("v2", seed="2")
    page = window.open(f"/images/{image.name}/-/tags").page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.get_by_role("button", name="More actions for v1").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Edit tags")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("menuitem", name="Delete")).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="More actions for v1")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    field = popup(page).get_by_label("Add a tag")
    field.focus()
    page.keyboard.type("by-keys ")
    page.keyboard.press("Shift+Tab")
    expect(popup(page).get_by_role("button", name="Remove by-keys")).to_be_focused()
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(popup(page).get_by_role("button", name="Confirm")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="by-keys", exact=True)).to_be_visible()
    page.get_by_role("checkbox", name="Select v2", exact=True).focus()
    page.keyboard.press("Space")
    page.get_by_role("region", name="Bulk actions").get_by_role("button", name="Delete").focus()
    page.keyboard.press("Enter")
    expect(popup(page).get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Deleting 1 digest.")).to_be_visible()
    assert gone(image, "v2")


def test_the_keyboard_alone_chooses_a_repository_and_deletes_an_image(image: Image, window: Window) -> None:
    image.push_image("v1")
    page = window.open("/images?registry=main&repository=apps").page
    page.get_by_role("button", name="Settings: select registry and repository").focus()
    page.keyboard.press("Enter")
    field = popup(page).get_by_label("Registry and repository")
    field.focus()
    page.keyboard.type("main")
    expect(field).to_have_value("main/apps")
    popup(page).get_by_role("button", name="Confirm").focus()
    page.keyboard.press("Enter")
    short = image.name.removeprefix("main/apps/")
    link = page.get_by_role("link", name=short, exact=True)
    expect(link).to_be_visible()
    link.focus()
    page.keyboard.press("Enter")
    delete = page.get_by_role("button", name="Delete image")
    delete.focus()
    page.keyboard.press("Space")
    expect(popup(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(popup(page)).to_be_hidden()
    expect(delete).to_be_focused()
    page.keyboard.press("Enter")
    expect(popup(page).get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Deletion of {short} has begun.")).to_be_visible()
    assert gone(image, "v1")


def test_without_a_script_a_policy_is_tested(image: Image, enter: Enter) -> None:
    image.push_image("v1")
    page = enter(java_script_enabled=False).open(f"/images/{image.name}/-/edit/deletion-policy").page
    page.get_by_role("switch", name="Deletion policy").check()
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("link", name="Delete policy test").click()
    page.get_by_role("button", name="Policy test", exact=True).click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Deletion policy test execution request has been completed", exact=True)).to_be_visible()
    for _ in range(100):
        if page.get_by_text("No tags would be deleted now.").count():
            break
        page.reload()
    expect(page.get_by_text("No tags would be deleted now.")).to_be_visible()


def test_without_a_script_everything_is_a_page(image: Image, enter: Enter) -> None:
    image.push_image("v1", seed="1")
    image.push_image("v2", seed="2")
    image.push_image("v3", seed="3")
    window = enter(java_script_enabled=False)
    page = window.open("/images/select").page
    page.get_by_label("Registry and repository").select_option("main/apps")
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Filter by image name").fill(image.name.rpartition("/")[2])
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name=image.name.removeprefix("main/apps/"), exact=True).click()
    page.get_by_role("button", name="Edit description").click()
    page.get_by_label("Description").fill("without a script")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("without a script")).to_be_visible()
    page.get_by_role("link", name="Tags").first.click()
    for name in ("v1", "v2"):
        page.get_by_role("checkbox", name=f"Select {name}", exact=True).check()
    page.get_by_role("region", name="Bulk actions").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete 2 digests?")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Deleting 2 digests.")).to_be_visible()
    assert gone(image, "v1")
    page.get_by_role("button", name="More actions for v3").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tag details")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Cancel").click()
    assert image.has("v3")
    page.get_by_role("button", name="Delete image").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Image list")
    assert gone(image, "v3")


def test_a_session_that_has_ended_leads_back_to_the_same_page(image: Image, enter: Enter) -> None:
    image.push_image("v1")
    window = enter()
    page = window.open(f"/images/{image.name}").page
    page.context.clear_cookies()
    page.get_by_role("button", name="Edit description").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Berth")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Edit description")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(image.name.removeprefix("main/apps/"))


def test_a_server_that_is_away_is_told_of_and_found_again(image: Image, enter: Enter) -> None:
    image.push_image("v1")
    window = enter()
    page = window.open(f"/images/{image.name}").page
    page.context.set_offline(True)
    page.get_by_role("button", name="Edit description").click()
    expect(page.get_by_text("No connection. Try again in a moment.")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("button", name="Edit description").click()
    expect(popup(page)).to_be_visible()
    window.wrong.clear()
    page.get_by_role("button", name="Cancel").click()
