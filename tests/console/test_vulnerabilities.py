"""Checks in the browser: asked for, watched, looked into, compared, taken away; and what a policy leaves out."""

import csv
import io
import json

import pytest
from playwright.sync_api import expect

from tests.client import Image
from tests.console.conftest import Enter
from tests.console.test_details import confirm, popup
from tests.console.test_tags import open_menu
from tests.console.window import Window
from tests.documents import Document
from tests.scan import images
from tests.scan.images import push_layers
from tests.serving import Server

SOON = 20_000
"""Milliseconds in which a check ends."""


@pytest.fixture
def advised(server: Server) -> Server:
    """Has advisories for Debian."""
    server.berth("vulndb", "import", str(images.DATA / "osv"))
    return server


@pytest.fixture
def minbase(advised: Server, image: Image) -> Document:
    """A minimal Debian that was checked."""
    document = push_layers(image, "v1", images.minbase())
    advised.berth("scan", "run", image.name, document.digest)
    return document


@pytest.mark.usefixtures("advised")
def test_a_check_is_asked_for_and_its_result_comes_without_a_reload(image: Image, window: Window) -> None:
    push_layers(image, "v1", images.minbase())
    page = window.open(f"/images/{image.name}/-/tags").page
    row = page.locator("#list tbody tr")
    expect(row).to_contain_text("Not checked")
    open_menu(page, "v1")
    page.get_by_role("menuitem", name="Vulnerability check").click()
    expect(popup(page)).to_contain_text("Automatic scan: Disabled")
    confirm(page)
    expect(page.locator("#toast")).to_contain_text("Queued for a check.")
    expect(row).to_contain_text("View result", timeout=SOON)
    expect(row.get_by_text("Critical 1")).to_be_attached()


@pytest.mark.usefixtures("minbase")
def test_the_result_page_has_the_same_counts_and_opens_each_finding(image: Image, window: Window) -> None:
    page = window.open(f"/images/{image.name}/-/tags").page
    page.get_by_role("link", name="View result").click()
    expect(page.locator(".totals")).to_contain_text("1 Critical")
    expect(page.locator(".totals")).to_contain_text("23 in all")
    expect(page.locator("#list tbody tr").first).to_contain_text("CVE-2023-45853")
    page.get_by_text("CVE-2023-45853").first.click()
    expect(page.locator("#list tbody tr").first).to_contain_text("CVSS")
    page.get_by_role("link", name="Packages").click()
    expect(page.locator("#list tbody tr")).to_have_count(20)
    page.get_by_role("link", name="Secrets").click()
    expect(page.locator("#list")).to_contain_text("Nothing was found")


def test_findings_are_filtered_by_severity_fix_type_and_text(minbase: Document, image: Image, window: Window) -> None:
    page = window.open(f"/images/{image.name}/-/tags/{minbase.digest}/vulnerabilities").page
    page.locator("select[name=severity]").select_option("critical")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    assert "severity=critical" in page.url
    page.locator("select[name=fix]").select_option("yes")
    expect(page.locator("#list")).to_contain_text("Nothing matches")
    page.locator("select[name=fix]").select_option("")
    page.locator("select[name=severity]").select_option("")
    page.locator("#q-q").fill("zlib")
    page.locator("#q-q").press("Enter")
    expect(page.locator("#list tbody tr")).to_have_count(1)


@pytest.mark.parametrize(
    ("level", "left"),
    [
        ("none", 23),
        ("unknown", 20),
        ("negligible", 2),
        ("low", 1),
        ("medium", 1),
        ("high", 1),
        ("critical", 0),
    ],
)
def test_a_level_and_below_is_left_out_at_once_and_comes_back(
    minbase: Document, image: Image, window: Window, level: str, left: int
) -> None:
    window.open(f"/images/{image.name}").page.get_by_role("button", name="Edit image scan").click()
    page = window.page
    popup(page).get_by_role("switch", name="Scan exclusion policy").check()
    popup(page).get_by_label("Exclude vulnerabilities at this level and below").select_option(level)
    confirm(page)
    expect(page.locator("#toast")).to_contain_text("Saved.")
    page = window.open(f"/images/{image.name}/-/tags/{minbase.digest}/vulnerabilities").page
    expect(page.locator(".totals")).to_contain_text(f"{left} in all")
    if left < 23:
        expect(page.locator("#list")).to_contain_text(f"{23 - left} left out by the policy")
        page.get_by_role("link", name="Show them").click()
        expect(page.get_by_role("link", name="Hide them")).to_be_visible()
        page.get_by_role("link", name="Severity").click()  # the least first
        expect(page.locator("#list tbody tr").first).to_contain_text("Left out by the policy")
    window.open(f"/images/{image.name}").page.get_by_role("button", name="Edit image scan").click()
    popup(page).get_by_role("switch", name="Scan exclusion policy").uncheck()
    confirm(page)
    expect(page.locator("#toast")).to_contain_text("Saved.")
    page = window.open(f"/images/{image.name}/-/tags/{minbase.digest}/vulnerabilities").page
    expect(page.locator(".totals")).to_contain_text("23 in all")


@pytest.mark.usefixtures("advised")
def test_automatic_scan_checks_what_is_pushed_from_then_on(image: Image, window: Window) -> None:
    push_layers(image, "before", images.debian([]))
    window.open(f"/images/{image.name}").page.get_by_role("button", name="Edit image scan").click()
    popup(window.page).get_by_role("switch", name="Automatic scan").check()
    confirm(window.page)
    expect(window.page.locator("#toast")).to_contain_text("Saved.")
    push_layers(image, "after", images.minbase())
    page = window.open(f"/images/{image.name}/-/tags").page
    rows = page.locator("#list tbody tr")
    expect(rows.filter(has_text="after")).to_contain_text("View result", timeout=SOON)
    expect(rows.filter(has_text="before")).to_contain_text("Not checked")


def test_a_result_is_taken_away_and_equals_the_table(minbase: Document, image: Image, window: Window) -> None:
    page = window.open(f"/images/{image.name}/-/tags/{minbase.digest}/vulnerabilities").page
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(saved.value.path().read_text())))
    assert len(rows) == 23
    with page.expect_download() as saved:
        page.get_by_role("link", name="JSON", exact=True).click()
    document = json.loads(saved.value.path().read_text())
    assert len(document["vulnerabilities"]) == 23


@pytest.mark.usefixtures("minbase")
def test_two_digests_are_compared(advised: Server, image: Image, window: Window) -> None:
    fewer = [each for each in images.packages("debian-12-minbase") if each["source"] != "zlib"]
    other = push_layers(image, "v2", images.debian(fewer))
    advised.berth("scan", "run", image.name, other.digest)
    page = window.open(f"/images/{image.name}/-/tags/{other.digest}/vulnerabilities").page
    page.get_by_role("link", name="Compare", exact=True).click()
    page.get_by_label("Tag or digest of this image").fill("v1")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#main")).to_contain_text("CVE-2023-45853")
    expect(page.locator("#main")).to_contain_text("zlib1g")


def test_what_cannot_be_read_has_failed_with_the_reason(advised: Server, image: Image, window: Window) -> None:
    document = push_layers(image, "v1", b"\x1f\x8b no archive")
    advised.berth("scan", "run", image.name, document.digest, "--no-wait")
    page = window.open(f"/images/{image.name}/-/tags").page
    expect(page.locator("#list tbody tr")).to_contain_text("Check failed", timeout=SOON)
    page = window.open(f"/images/{image.name}/-/tags/{document.digest}/vulnerabilities").page
    expect(page.get_by_role("alert")).to_contain_text("BAD_ARCHIVE")


def test_images_are_found_by_what_they_have(minbase: Document, image: Image, enter: Enter) -> None:
    window = enter()
    page = window.open("/vulnerabilities").page
    expect(page.locator("#main")).to_contain_text("Debian")
    page.locator("#q-vulnerability").fill("CVE-2023-45853")
    page.locator("#q-vulnerability").press("Enter")
    expect(page.get_by_role("link", name=image.name)).to_be_visible()
    page.get_by_role("link", name=image.name).click()
    expect(page.locator(".totals")).to_contain_text("1 Critical")
    narrow = enter(size=(390, 844))
    narrow.open(f"/images/{image.name}/-/tags/{minbase.digest}/vulnerabilities")
    expect(narrow.page.locator(".totals")).to_contain_text("23 in all")
