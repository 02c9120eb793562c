"""Checks in the browser: asked for, watched, looked into, compared, taken away; and what a policy leaves out."""

import contextlib
import csv
import io
import json
import re
import sqlite3

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests import documents
from tests.client import Image
from tests.console import checks, forms
from tests.console.conftest import Enter
from tests.console.test_details import confirm, popup
from tests.console.test_states import paused
from tests.console.test_tags import open_menu
from tests.console.window import Window
from tests.documents import Document
from tests.scan import images
from tests.scan.images import push_layers
from tests.serving import Server, wait_for

SOON = 20_000
"""Milliseconds in which a check ends."""


@pytest.fixture(scope="module", autouse=True)
def advised(server: Server) -> Server:
    """Has advisories."""
    checks.advise(server)
    return server


@pytest.fixture
def minbase(image: Image) -> Document:
    """A minimal Debian that was checked."""
    document = push_layers(image, "v1", images.minbase())
    checks.have_checked(image, document)
    return document


@pytest.fixture
def shop(image: Image) -> Document:
    """An application on a minimal Debian, checked: 26 findings and a secret."""
    document = checks.push_shop(image, "v1")
    checks.have_checked(image, document)
    return document


def result(window: Window, image: Image, document: Document, query: str = "") -> Page:
    return window.open(f"/images/{image.name}/-/tags/{document.digest}/vulnerabilities{query}").page


def has_total(page: Page, total: int) -> None:
    expect(page.locator(".totals")).to_contain_text(f"{total} in all")


def test_a_check_is_queued_and_its_result_comes_without_a_reload(server: Server, image: Image, window: Window) -> None:
    push_layers(image, "v1", images.minbase())
    page = window.open(f"/images/{image.name}/-/tags").page
    row = page.locator("#list tbody tr")
    expect(row).to_contain_text("Not checked")
    open_menu(page, "v1")
    page.get_by_role("menuitem", name="Vulnerability check").click()
    expect(popup(page)).to_contain_text("Automatic scan: Disabled")
    with paused(server):
        confirm(page)
        expect(page.locator("#toast")).to_contain_text("Queued for a check.")
        expect(row).to_contain_text("Queued")
        assert re.search(r"\d checks? waits? or go", page.request.get(f"{server.url}/console/activity").text())
    expect(row).to_contain_text("View result", timeout=SOON)
    expect(row.get_by_text("Critical 1")).to_be_attached()


@pytest.mark.usefixtures("minbase")
def test_the_result_page_has_the_same_counts_and_opens_each_finding(image: Image, window: Window) -> None:
    page = window.open(f"/images/{image.name}/-/tags").page
    page.get_by_role("link", name="View result").click()
    expect(page.locator(".totals")).to_contain_text("1 Critical")
    has_total(page, 23)
    expect(page.locator("#list tbody tr").first).to_contain_text("CVE-2023-45853")
    page.get_by_text("CVE-2023-45853").first.click()
    expect(page.locator("#list tbody tr").first).to_contain_text("CVSS")
    expect(page.locator("#list tbody tr").first).to_contain_text("var/lib/dpkg/status")
    page.get_by_role("link", name="Packages").click()
    expect(page.locator("#list tbody tr")).to_have_count(20)
    expect(page.locator("#list")).to_contain_text("20 of 88 rows")
    page.get_by_role("link", name="Secrets").click()
    expect(page.locator("#list")).to_contain_text("Nothing was found")


def test_a_result_is_narrowed_by_several_levels_type_fix_and_text(shop: Document, image: Image, window: Window) -> None:
    page = result(window, image, shop)
    rows = page.locator("#list tbody tr")
    expect(page.locator(".totals")).to_contain_text("2 High 2 with a fix")
    for level in ("Critical", "High"):
        page.get_by_role("checkbox", name=level).check()
    expect(rows).to_have_count(3)
    assert "severity=critical&severity=high" in page.url
    page.locator("select[name=type]").select_option("language")
    expect(rows).to_have_count(2)
    page.locator("select[name=fix]").select_option("no")
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("#list")).to_contain_text("20 of 26 rows")
    page.locator("select[name=of]").select_option("npm")
    expect(rows).to_have_count(3)
    page.locator("#q-q").fill("request")
    page.locator("#q-q").press("Enter")
    expect(rows).to_have_count(1)
    page.locator("select[name=type]").select_option("secret")
    expect(rows).to_contain_text("srv/app/.env")
    page.locator("select[name=type]").select_option("os")
    expect(page.locator("#list")).to_contain_text("20 of 23 rows")
    page.get_by_role("link", name="2 High").click()
    expect(rows).to_have_count(2)


def test_each_exclusion_leaves_out_exactly_its_own_and_shows_it_when_asked(
    shop: Document, image: Image, window: Window
) -> None:
    page = result(window, image, shop)
    secrets = page.get_by_role("navigation", name="Lists").get_by_role("link", name="Secrets")
    for field, total, found, why, where in (
        ("exclude_language_packages", 23, 1, "language packages", "?type=language"),
        ("exclude_unfixed", 2, 1, "no fix version", "?type=os"),
        ("exclude_secrets", 26, 0, "secrets", "?list=secrets"),
    ):
        checks.policy(image, exclusion=True, **{field: True})
        page = result(window, image, shop)
        has_total(page, total)
        expect(secrets).to_have_text(f"Secrets {found}")
        expect(page.locator("#list")).to_contain_text(f"{26 - total + 1 - found} left out by the policy")
        result(window, image, shop, where)
        page.get_by_role("link", name="Show them").click()
        expect(page.locator("#list tbody")).to_contain_text(f"Left out by the policy: {why}")
        expect(page.get_by_role("link", name="Hide them")).to_be_visible()


def test_a_level_and_below_is_left_out_at_once_and_comes_back_without_a_check(
    shop: Document, image: Image, window: Window
) -> None:
    before = checks.scan(image, shop.digest)["scanned_at"]
    for level, left in (
        ("none", 26),
        ("unknown", 23),
        ("negligible", 5),
        ("low", 4),
        ("medium", 3),
        ("high", 1),
    ):
        checks.policy(image, exclusion=True, exclude_level=level)
        has_total(result(window, image, shop), left)
    page = window.open(f"/images/{image.name}").page
    page.get_by_role("button", name="Edit image scan").click()
    popup(page).get_by_label("Exclude vulnerabilities at this level and below").select_option("critical")
    confirm(page)
    expect(page.get_by_text("Left out: Critical and below")).to_be_visible()
    page = result(window, image, shop)
    has_total(page, 0)
    expect(page.locator("#list")).to_contain_text("26 left out by the policy")
    window.open(f"/images/{image.name}").page.get_by_role("button", name="Edit image scan").click()
    popup(page).get_by_role("switch", name="Scan exclusion policy").uncheck()
    confirm(page)
    expect(page.locator("#toast")).to_contain_text("Saved.")
    has_total(result(window, image, shop), 26)
    assert checks.scan(image, shop.digest)["scanned_at"] == before


def test_automatic_scan_checks_what_is_pushed_while_it_is_on(image: Image, window: Window) -> None:
    push_layers(image, "before", images.debian([]))
    window.open(f"/images/{image.name}").page.get_by_role("button", name="Edit image scan").click()
    popup(window.page).get_by_role("switch", name="Automatic scan").check()
    confirm(window.page)
    expect(window.page.locator("#toast")).to_contain_text("Saved.")
    push_layers(image, "while", images.minbase())
    checks.policy(image)
    push_layers(image, "after", images.debian(images.packages("debian-12-minbase")[:1]))
    page = window.open(f"/images/{image.name}/-/tags").page
    rows = page.locator("#list tbody tr")
    expect(rows.filter(has_text="while")).to_contain_text("View result", timeout=SOON)
    for name in ("before", "after"):
        expect(rows.filter(has_text=name)).to_contain_text("Not checked")


def test_a_result_is_taken_away_and_equals_the_table(shop: Document, image: Image, window: Window) -> None:
    checks.policy(image, exclusion=True, exclude_level="low")
    page = result(window, image, shop)
    shown = sorted(page.locator("#list tbody td:first-child .name").all_inner_texts())
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV").click()
    rows = [row for row in csv.DictReader(io.StringIO(saved.value.path().read_text())) if row["Vulnerability"]]
    assert sorted(row["Vulnerability"] for row in rows) == shown
    assert {row["Path"] for row in rows if row["Package"] == "lodash"} == {f"'{next(iter(checks.FILES))}"}
    with page.expect_download() as saved:
        page.get_by_role("link", name="JSON", exact=True).click()
    document = json.loads(saved.value.path().read_text())
    assert len(document["vulnerabilities"]) == len(shown) == 4


def test_of_an_index_all_platforms_are_shown_or_one(image: Image, window: Window) -> None:
    fewer = [each for each in images.packages("debian-12-minbase") if each["source"] != "zlib"]
    children = []
    for architecture, installed in (("amd64", images.packages("debian-12-minbase")), ("arm64", fewer)):
        layer = images.debian(installed)
        config, document = images.built(layer, config={"architecture": architecture})
        for content in (config, layer):
            image.push(content)
        image.put_digest(document)
        children.append(document)
    index = documents.index(children)
    image.put("multi", index)
    checks.have_checked(image, index)
    page = result(window, image, index)
    has_total(page, 45)
    platforms = page.get_by_role("navigation", name="Platforms")
    expect(platforms.get_by_role("link")).to_have_text(["All platforms", "linux/amd64 23", "linux/arm64 22"])
    expect(page.get_by_role("link", name="CSV")).to_have_count(0)
    expect(page.locator("#list tbody tr").first).to_contain_text("linux/amd64")
    platforms.get_by_role("link", name="linux/arm64").click()
    has_total(page, 22)
    expect(page.locator("#list")).not_to_contain_text("CVE-2023-45853")
    page.get_by_role("checkbox", name="Low").check()
    expect(page.locator("#list")).to_contain_text("1 of 1 rows")
    assert "platform=linux%2Farm64" in page.url
    expect(page.get_by_role("link", name="CSV")).to_have_attribute(
        "href", f"/console/images/{image.name}/-/tags/{children[1].digest}/vulnerabilities/export?format=csv"
    )


@pytest.mark.usefixtures("minbase")
def test_two_digests_are_compared(image: Image, window: Window) -> None:
    fewer = [each for each in images.packages("debian-12-minbase") if each["source"] != "zlib"]
    other = push_layers(image, "v2", images.debian(fewer))
    checks.have_checked(image, other)
    page = result(window, image, other)
    page.get_by_role("link", name="Compare", exact=True).click()
    page.get_by_label("Tag or digest of this image").fill("v1")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#main")).to_contain_text("CVE-2023-45853")
    expect(page.locator("#main")).to_contain_text("zlib1g")


def test_what_cannot_be_read_has_failed_with_the_reason(server: Server, image: Image, window: Window) -> None:
    document = push_layers(image, "v1", b"\x1f\x8b no archive")
    server.http.post(
        checks.api(image, "-", "scans"), json={"digests": [document.digest]}, auth=checks.AUTH
    ).raise_for_status()
    page = window.open(f"/images/{image.name}/-/tags").page
    expect(page.locator("#list tbody tr")).to_contain_text("Check failed", timeout=SOON)
    expect(result(window, image, document).get_by_role("alert")).to_contain_text("BAD_ARCHIVE")


def test_all_images_of_a_repository_are_checked_once_their_number_was_shown(server: Server, window: Window) -> None:
    repositories = "/api/v1/registries/main/repositories"
    server.http.post(repositories, json={"name": "whole"}, auth=checks.AUTH).raise_for_status()
    for name in ("web", "worker"):
        image = server.client().image(f"main/whole/{name}")
        push_layers(image, "v1", images.debian(images.packages("debian-12-minbase")[:1]))
        image.push_artifact(None)
    page = window.open("/registries/main/repositories/whole").page
    page.get_by_role("button", name="Check all images").click()
    expect(popup(page)).to_contain_text("2 images in main/whole are checked")
    confirm(page)
    expect(page.locator("#toast")).to_contain_text("2 images were queued for a check.")
    page = window.open("/images/main/whole/worker/-/tags").page
    expect(page.locator("#list tbody tr").filter(has_text="v1")).to_contain_text("View result", timeout=SOON)


def test_an_inventory_is_published_on_demand_and_by_policy(minbase: Document, image: Image, window: Window) -> None:
    page = result(window, image, minbase)
    page.get_by_role("button", name="Publish SBOM").click()
    popup(page).get_by_label("Format").select_option("spdx")
    confirm(page)
    expect(page.locator("#toast")).to_contain_text("Published as a referrer.")
    assert len(image.referrers(minbase.digest, artifactType="application/spdx+json")) == 1
    page = window.open(f"/images/{image.name}").page
    page.get_by_role("button", name="Edit image scan").click()
    popup(page).get_by_label("Publish the inventory (SBOM)").select_option("cyclonedx")
    confirm(page)
    expect(page.get_by_text("Inventory published after each check: CycloneDX")).to_be_visible()
    page.get_by_role("button", name="Edit image scan").click()
    expect(popup(page).get_by_label("Publish the inventory (SBOM)")).to_have_value("cyclonedx")


def test_what_is_newly_affected_is_marked_in_its_row_and_listed(
    server: Server, image: Image, browser_: httpx.Client
) -> None:
    alone = {**images.packages("debian-12-minbase")[0], "name": "rare", "source": "rare"}
    document = push_layers(image, "v1", images.debian([alone]))
    checks.have_checked(image, document)
    record = json.loads((images.DATA / "osv" / "Debian" / "DEBIAN-CVE-2023-45853.json").read_text())
    record |= {"id": "DEBIAN-CVE-2099-1000", "upstream": ["CVE-2099-1000"], "modified": "2099-01-01T00:00:00Z"}
    record["summary"] = "<img src=x onerror=alert(1)>"
    for affected in record["affected"]:
        affected["package"]["name"] = "rare"
    checks.import_record(server, record)
    row = browser_.get(f"/console/images/{image.name}/-/tags").text
    assert "Newly affected just now" in " ".join(re.sub(r"<[^>]+>", " ", row).split())
    assert document.digest in browser_.get(f"/console/images/{image.name}/-/tags?vuln=new").text
    listed = browser_.get("/console/vulnerabilities").text.partition('id="n-h"')[2].partition("</section>")[0]
    assert image.name in listed
    assert "CVE-2099-1000" in listed
    found = browser_.get(f"/console/images/{image.name}/-/tags/{document.digest}/vulnerabilities").text
    assert "&lt;img src=x onerror=alert(1)&gt;" in found
    assert "<img" not in found


def test_rows_are_chosen_by_what_a_check_found(shop: Document, image: Image, browser_: httpx.Client) -> None:
    push_layers(image, "later", images.minbase())
    clean = push_layers(image, "clean", images.debian([]))
    checks.have_checked(image, clean)
    base = f"/console/images/{image.name}/-/tags?vuln="
    for asked, names in (
        ("critical", {"v1"}),
        ("any", {"v1"}),
        ("none", {"clean"}),
        ("unchecked", {"later"}),
        ("new", set[str]()),
        ("failed", set[str]()),
    ):
        listed = browser_.get(base + asked).text.partition("<tbody")[2]
        assert set(re.findall(r'aria-label="Select ([^"]+)"', listed)) == names, asked
    checks.policy(image, exclusion=True, exclude_level="critical")
    assert "No tags match" in browser_.get(base + "any").text
    short = image.name.removeprefix("main/apps/")
    images_ = "/console/images?registry=main&repository=apps&q=" + short
    image.put("newest", shop)
    assert "No vulnerabilities" in browser_.get(images_ + "&vuln=none").text
    for asked in ("critical", "failed"):
        assert "No images match" in browser_.get(f"{images_}&vuln={asked}").text


def test_how_far_a_check_is_is_told_in_its_row_and_at_its_result(
    server: Server, minbase: Document, image: Image, browser_: httpx.Client
) -> None:
    with contextlib.closing(sqlite3.connect(server.folder / "data" / "berth.db", timeout=30)) as database:
        database.execute(
            "UPDATE manifest SET scan_state = 'running', scan_reason = '42' WHERE digest = ?", [minbase.digest]
        )
        database.execute(
            "UPDATE scan_result SET advisories_at = datetime('now', '-30 hours') WHERE digest = ?", [minbase.digest]
        )
        database.commit()
    tags = f"/console/images/{image.name}/-/tags"
    assert "Checking, 42%" in browser_.get(tags).text
    shown = browser_.get(f"{tags}/{minbase.digest}/vulnerabilities").text
    assert "Checking, 42%" in shown
    assert '<progress max="100" value="42"' in shown
    assert "The advisories are older than a day. Newer flaws may be missing." in shown


def test_the_totals_of_a_repository_tell_what_is_stored_and_what_is_critical(
    shop: Document, image: Image, window: Window
) -> None:
    page = window.open("/").page
    storage = page.locator(".stats > div").filter(has_text="Storage")
    expect(storage).to_contain_text(re.compile(r"\d [KM]iB"))
    page = window.open("/images?registry=main&repository=apps").page
    expect(page.locator(".stats > div").filter(has_text="Storage")).to_contain_text(re.compile(r"\d [KM]iB"))
    page.locator(".stats").get_by_role("link").filter(has_text=re.compile(r"^\d+$")).click()
    row = page.locator("#list tbody tr").filter(has_text=image.name.removeprefix("main/apps/"))
    expect(row).to_contain_text("C 1")
    row.get_by_role("link", name="View result").click()
    assert window.path.endswith(f"/-/tags/{shop.digest}/vulnerabilities")


def test_images_are_found_by_what_they_have(minbase: Document, image: Image, enter: Enter) -> None:
    window = enter()
    page = window.open("/vulnerabilities").page
    expect(page.locator("#main")).to_contain_text("Debian")
    page.locator("#q-vulnerability").fill("CVE-2023-45853")
    page.locator("#q-vulnerability").press("Enter")
    expect(page.get_by_role("link", name=image.name, exact=True)).to_be_visible()
    page.get_by_role("link", name=image.name, exact=True).click()
    expect(page.locator(".totals")).to_contain_text("1 Critical")
    narrow = enter(size=(390, 844))
    has_total(result(narrow, image, minbase), 23)


def test_why_an_update_failed_is_told_to_administrators_alone_and_the_age_to_all(
    server: Server, browser_: httpx.Client
) -> None:
    sent = {"Content-Type": "application/octet-stream"}
    started = server.http.post("/api/v1/advisories", content=b"no archive", auth=checks.AUTH, headers=sent).json()
    where = f"/api/v1/operations/{started['id']}"
    wait_for(lambda: server.http.get(where, auth=checks.AUTH).json()["state"] == "failed")
    reader = checks.reader(server)
    known, told = (server.http.get("/api/v1/advisories", auth=auth).json() for auth in (checks.AUTH, reader))
    assert (bool(known["update_failed"]), told["update_failed"]) == (True, None)
    assert told["age_seconds"] is not None
    with httpx.Client(base_url=server.url) as other:
        other.post("/console/login", data={"name": reader[0], "password": reader[1]})
        page = other.get("/console/vulnerabilities").text
    assert "The last update failed" in browser_.get("/console/vulnerabilities").text
    assert "The last update failed" not in page
    assert "minutes ago" in page or "just now" in page


def test_who_may_only_pull_looks_at_results_and_has_nothing_checked(
    server: Server, minbase: Document, image: Image
) -> None:
    name, password = checks.reader(server)
    tags = f"/console/images/{image.name}/-/tags"
    with httpx.Client(base_url=server.url) as http:
        http.post("/console/login", data={"name": name, "password": password})
        shown = http.get(f"{tags}/{minbase.digest}/vulnerabilities").text
        assert "CVE-2023-45853" in shown
        for control in ("Check again", "Publish SBOM"):
            assert control not in shown
        given = {"proof": forms.proof(http, "/console/keys/-/new"), "format": "spdx"}
        repository = "/console/registries/main/repositories/apps"
        assert "Check all images" not in http.get(repository).text
        for path in (f"{tags}/{minbase.digest}/check", f"{tags}/{minbase.digest}/sbom", f"{repository}/-/check"):
            assert http.post(path, data=given).status_code == httpx.codes.FORBIDDEN
    assert image.referrers(minbase.digest) == []
