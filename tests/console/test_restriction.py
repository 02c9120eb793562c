"""Pull restriction in the console: its popup and preview, reasons, waivers, quarantine, and what was refused."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import expect

from tests.client import Image
from tests.console import checks, forms
from tests.console.test_details import confirm, popup
from tests.console.test_tags import open_menu
from tests.console.window import Window
from tests.documents import Document
from tests.scan.images import minbase, push_layers
from tests.serving import Server, wait_for

CVE = "CVE-2023-45853"


@pytest.fixture(scope="module", autouse=True)
def advised(server: Server) -> Server:
    """Has advisories."""
    checks.advise(server)
    return server


@pytest.fixture
def flawed(image: Image) -> Document:
    """Checked, with one Critical finding; beside it `v2`, which nobody has checked."""
    document = push_layers(image, "v1", minbase())
    checks.have_checked(image, document)
    image.push_image("v2")
    return document


@pytest.fixture
def pulled(server: Server, image: Image) -> Image:
    """The same for somebody who has no right to pass the rules."""
    return server.client(*checks.reader(server)).image(image.name)


def test_values_tell_what_they_would_refuse_and_what_they_refuse_is_listed(
    flawed: Document, image: Image, pulled: Image, window: Window
) -> None:
    assert pulled.get("v1").status_code == httpx.codes.OK
    page = window.open(f"/images/{image.name}").page
    expect(page.locator(".facts")).to_contain_text(["Vulnerable images: Disabled"])
    page.get_by_role("button", name="Edit image pull restriction").click()
    critical = popup(page).get_by_label("Critical, at most")
    expect(critical).to_have_value("1")
    preview = popup(page).locator("#pull-preview")
    expect(preview).to_contain_text("With these values, 0 of 2 digests would be restricted.")
    popup(page).get_by_label("Restrict vulnerable images").check()
    critical.fill("0")
    expect(preview).to_contain_text("With these values, 1 of 2 digests would be restricted.")
    expect(preview).to_contain_text("Pull restricted: 1 Critical, limit 0")
    alone = preview.get_by_role("listitem").filter(has_text="Restrict vulnerable images: Enabled")
    expect(alone).to_contain_text("No tag changes.")
    expect(preview).to_contain_text("Critical, at most: 0 No tag changes.")
    critical.fill("10000000")
    expect(preview).to_contain_text("Enter a whole number from 0 to 9999999.")
    critical.fill("0")
    popup(page).get_by_label("Restrict unscanned images").check()
    expect(preview).to_contain_text("With these values, 2 of 2 digests would be restricted.")
    expect(preview).to_contain_text("Pull restricted: not checked yet")
    expect(preview).to_contain_text("Restrict unscanned images: Enabled 1 tag more restricted.")
    popup(page).get_by_label("Restrict unscanned images").uncheck()
    confirm(page)
    page.get_by_role("link", name="1 digest restricted now").click()
    row = page.locator("#list tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Pull restricted: 1 Critical, limit 0")
    page.get_by_role("button", name="v1", exact=True).click()
    expect(popup(page)).to_contain_text("Pull restricted: 1 Critical, limit 0")
    assert pulled.get(flawed.digest).status_code == httpx.codes.FORBIDDEN, "by digest too"
    assert pulled.get("v2").status_code == httpx.codes.OK


def test_a_finding_is_waived_where_it_is_shown_until_somebody_ends_that(
    flawed: Document, image: Image, pulled: Image, window: Window
) -> None:
    checks.restrict(image)
    page = window.open(f"/images/{image.name}/-/tags/{flawed.digest}/vulnerabilities").page
    expect(page.locator("#list")).to_contain_text("Pull restricted: 1 Critical, limit 0")
    expect(page.locator("#list")).to_contain_text("Newest tag that may be pulled: v2")
    page.get_by_role("button", name=f"Waive {CVE}").click()
    popup(page).get_by_label("Where").select_option(image.name)
    popup(page).get_by_label("Reason").fill("MiniZip is not built")
    popup(page).get_by_label("Who is responsible").fill("team web")
    confirm(page)
    expect(page.locator("#list tbody tr").first).to_contain_text("Waived by team web: MiniZip is not built")
    expect(page.locator("#list")).not_to_contain_text("Pull restricted:")
    assert pulled.get("v1").status_code == httpx.codes.OK
    page.get_by_role("link", name=f"Waiver {CVE}").click()
    page.locator("#q-place").fill(image.name)
    page.locator("#q-place").press("Enter")
    row = page.locator("#list tbody tr")
    expect(row).to_contain_text("In force")
    row.get_by_role("button", name="End").click()
    confirm(page)
    expect(row).not_to_contain_text("In force")
    page.goto(f"{window.server.url}/console/waivers?place={image.name}&state=ended")
    expect(row).to_contain_text("Ended")
    assert pulled.get("v1").status_code == httpx.codes.FORBIDDEN


def test_a_digest_in_quarantine_says_so_and_who_was_refused_it_is_listed(
    image: Image, pulled: Image, window: Window
) -> None:
    document = image.push_image("v1")
    page = window.open(f"/images/{image.name}/-/tags").page
    open_menu(page, "v1")
    page.get_by_role("menuitem", name="Quarantine").click()
    popup(page).get_by_label("Reason").fill("holds a stolen key")
    confirm(page)
    row = page.locator("#list tbody tr")
    expect(row).to_contain_text("Pull restricted: in quarantine: holds a stolen key")
    assert pulled.get("v1").status_code == httpx.codes.FORBIDDEN
    assert pulled.get("v1").status_code == httpx.codes.FORBIDDEN
    address = f"{window.server.url}/console/images/{image.name}/-/refused"
    wait_for(lambda: "onlooker" in page.request.get(address).text().partition("<tbody")[2])
    page.goto(address)
    expect(row).to_contain_text("in quarantine: holds a stolen key")
    expect(row).to_contain_text("Ask admin, who put it there.")
    window.open(f"/images/{image.name}/-/tags/{document.digest}/quarantine")
    page.get_by_role("button", name="Release").click()
    expect(page.locator("#toast")).to_contain_text("Released.")
    expect(row).not_to_contain_text("quarantine")
    assert pulled.get("v1").status_code == httpx.codes.OK


def version(http: httpx.Client, path: str) -> str:
    """Of what a form speaks of."""
    return forms.field(http.get(path), "version").partition('value="')[2].partition('"')[0]


def test_a_limit_that_is_none_saves_nothing(image: Image, browser_: httpx.Client) -> None:
    image.push_image("v1")
    path = f"/console/images/{image.name}/-/edit/pull-restriction"
    for given in ("-1", "10000000", "many", ""):
        answer = forms.sent(browser_, path, version="1", restrict_vulnerable="on", critical=given, high="1")
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert forms.alert(answer) == "Critical, at most: Enter a whole number from 0 to 9999999."
    assert "Vulnerable images: <b>Disabled</b>" in browser_.get(f"/console/images/{image.name}").text


def test_new_images_of_a_repository_get_its_restriction(server: Server, browser_: httpx.Client) -> None:
    base = "/console/registries/main/repositories/apps/-"
    path, tried = f"{base}/policies", {"critical": "0", "restrict_unscanned": "on"}
    told = forms.sent(browser_, path, to=f"{base}/pull-restriction/preview", **tried)
    assert "tags would be restricted." in told.text
    fields = {"restrict_unscanned": "on", "critical": "9999999", "high": "0"}
    try:
        saved = forms.sent(browser_, path, version=version(browser_, path), mode="warn", **fields)
        assert saved.status_code == httpx.codes.SEE_OTHER
        image = server.client().image("main/apps/shop/restricted-by-default")
        image.push_image("v1")
        shown = browser_.get(f"/console/images/{image.name}/-/tags").text
        assert "Pulled with a warning: not checked yet" in shown
        assert server.client(*checks.reader(server)).image(image.name).get("v1").headers["warning"].startswith("299")
    finally:
        forms.sent(browser_, path, version=version(browser_, path), mode="enforce", critical="1", high="1")


def test_waivers_go_out_as_openvex_and_are_made_from_it(
    server: Server, flawed: Document, image: Image, browser_: httpx.Client
) -> None:
    day = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    given = {"place": image.name, "owner": "team web", "expires": day}
    wrong = {"status": "not_affected", "justification": "vulnerable_code_not_present"}
    new = f"/console/waivers/-/new?place={image.name}&digest={flawed.digest}"
    made = forms.sent(browser_, new, vulnerability=CVE, reason="not built", **given, **wrong)
    assert made.headers["location"].endswith("/vulnerabilities"), made.text
    document = browser_.get("/console/waivers/-/export", params={"place": image.name}).json()
    [statement] = document["statements"]
    assert (statement["vulnerability"]["name"], statement["status"]) == (CVE, "not_affected")
    path = "/console/waivers/-/import"
    told = forms.sent(browser_, path, document=json.dumps(document), statuses="not_affected", dry_run="on", **given)
    assert "Nothing was saved" in told.text
    assert CVE in told.text
    with httpx.Client(base_url=browser_.base_url) as reader:
        name, password = checks.reader(server)
        reader.post("/console/login", data={"name": name, "password": password})
        shown = reader.get("/console/waivers", params={"place": image.name}).text
        assert "not built" in shown, "whoever sees the image sees what is waived in it"
        assert not [words for words in ("/end", "Create waiver", "Import OpenVEX") if words in shown]
    refused = forms.sent(browser_, path, document="{", statuses="not_affected", **given)
    assert forms.alert(refused) == "Document, OpenVEX 0.2.0: This is no JSON."


def test_a_waiver_is_edited_and_keeps_the_end_that_nobody_touched(
    flawed: Document, image: Image, browser_: httpx.Client
) -> None:
    number = checks.restricted_and_waived(image, flawed)
    one, path = f"/api/v1/waivers/{number}", f"/console/waivers/{number}/edit"
    before = browser_.get(one, auth=checks.AUTH).json()
    assert path in browser_.get("/console/waivers", params={"place": image.name}).text
    until = forms.field(browser_.get(path), "expires").partition('value="')[2].partition('"')[0]
    said = {"place": before["place"], "reason": "never built", "owner": "team sea", "status": "affected"}
    saved = forms.sent(browser_, path, version="1", expires=until, **said)
    assert saved.status_code == httpx.codes.SEE_OTHER, saved.text
    now = browser_.get(one, auth=checks.AUTH).json()
    assert (now["reason"], now["owner"], now["expires_at"]) == ("never built", "team sea", before["expires_at"])
    said |= {"place": "elsewhere", "package": "another"}
    answer = forms.sent(browser_, path, version="1", expires=until, **said)
    assert answer.status_code == httpx.codes.NOT_FOUND
