"""Deletion policies in the console: what goes, what waits for an approval, and what each row says of it."""

import contextlib
import re
import sqlite3

import httpx
from playwright.sync_api import Page, expect

from tests import documents
from tests.client import Image
from tests.console.test_deleting import gone
from tests.console.test_details import confirm, popup
from tests.console.test_tags import has_rows
from tests.console.window import Window
from tests.long import long
from tests.serving import PASSWORD, Server, wait_for


def aged(server: Server, *digests: str, days: int = 10) -> None:
    """These were pushed so many days ago."""
    with contextlib.closing(sqlite3.connect(server.folder / "data" / "berth.db", timeout=30)) as database:
        for digest in digests:
            change = "UPDATE manifest SET created_at = datetime(created_at, ?) || '.000000' WHERE digest = ?"
            database.execute(change, [f"-{days} days", digest])
        database.commit()


def address(image: Image) -> str:
    registry, repository, name = image.name.split("/", 2)
    return f"/api/v1/registries/{registry}/repositories/{repository}/images/{name}"


def policy(image: Image, **more: object) -> None:
    rules = {
        "enabled": True,
        "untagged": {"enabled": True, "days": 1},
        "old": {"enabled": False, "days": 90},
        "expression": "*",
        **more,
    }
    answer = image.client.http.patch(
        address(image),
        json={"policies": {"deletion": rules}},
        headers={"If-Match": "*"},
        auth=("admin", PASSWORD),
    )
    answer.raise_for_status()


def tell(page: Page) -> None:
    page.get_by_role("button", name="Policy test", exact=True).click()
    confirm(page)
    expect(page.get_by_text("Deletion policy test execution request has been completed", exact=True)).to_be_visible()
    expect(page.locator("#list")).to_contain_text("Done", timeout=15_000)


def test_what_is_told_is_what_goes(server: Server, image: Image, window: Window) -> None:
    old, young = image.push_image(seed=f"{image.name} old"), image.push_image(seed=f"{image.name} young")
    listed = image.push_image(seed=f"{image.name} listed")
    image.put("multi", documents.index([listed]))
    locked = image.push_image(seed=f"{image.name} locked")
    aged(server, old.digest, listed.digest, locked.digest)
    policy(image)
    page = window.open(f"/images/{image.name}/-/tags/{locked.digest}/lock").page
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    window.open(f"/images/{image.name}/-/policy-test")
    tell(page)
    rows = page.locator("#list tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("None")
    expect(rows).to_contain_text(old.digest[:19])
    expect(rows).to_contain_text("Untagged, 10 days, limit 1")
    for place in (2, 3):
        expect(rows.get_by_role("cell").nth(place)).to_have_text(re.compile(r"\d ([KM]i)?B$"))
    page.get_by_role("link", name="Kept, and why").click()
    for document, why in (
        (young, "Its period has not passed, 0 days, limit 1"),
        (listed, "Listed by what stays"),
        (locked, "Locked"),
    ):
        expect(rows.filter(has_text=document.digest[:19])).to_contain_text(why)
    assert image.has(old.digest)
    page.get_by_role("button", name="Apply exactly this").click()
    expect(popup(page)).to_contain_text("1 digest is deleted, and nothing beyond it.")
    confirm(page)
    expect(rows.filter(has_text=old.digest[:19])).to_contain_text("Gone", timeout=20_000)
    assert gone(image, old.digest)
    for document in (young, listed, locked):
        assert image.has(document.digest)


def test_each_row_says_when_its_policy_takes_it(server: Server, image: Image, window: Window) -> None:
    old, young = image.push_image(seed=f"{image.name} old"), image.push_image(seed=f"{image.name} young")
    image.push_image("v1", seed=f"{image.name} named")
    aged(server, old.digest)
    policy(image, untagged={"enabled": True, "days": 7})
    page = window.open(f"/images/{image.name}/-/tags").page
    rows = page.locator("#list tbody tr")
    expect(rows.filter(has_text=old.digest[:19])).to_contain_text("Deleted by policy at its next run")
    expect(rows.filter(has_text=young.digest[:19])).to_contain_text("Deleted in 7 days by policy")
    expect(rows.filter(has_text="v1")).not_to_contain_text("policy")
    page.get_by_role("button", name="v1", exact=True).click()
    expect(popup(page)).to_contain_text("The rule is off")


@long
def test_a_large_run_waits_for_an_approval(server: Server, image: Image, window: Window) -> None:
    made = [image.push_image(seed=f"{image.name} {number}") for number in range(3)]
    image.push_image("v1", seed=f"{image.name} named")
    aged(server, *(document.digest for document in made))
    policy(image)
    page = window.open(f"/images/{image.name}").page
    page.get_by_role("button", name="Edit image tag deletion").click()
    popup(page).get_by_label("When more digests would be deleted than").fill("2")
    confirm(page)
    expect(page.get_by_text("Large runs wait for an approval")).to_be_visible()
    window.open(f"/images/{image.name}/-/policy-test")
    tell(page)
    expect(page.locator("#list")).to_contain_text("A run would wait for an approval. 3 digests would be deleted")
    for answer in ("Refuse", "Approve"):
        window.open(f"/images/{image.name}/-/policy-test")
        tell(page)
        page.get_by_role("button", name="Apply exactly this").click()
        confirm(page)
        expect(page.locator("#list")).to_contain_text("Waiting for an approval", timeout=20_000)
        assert image.has(made[0].digest)
        window.open("/activity")
        line = page.get_by_role("row").filter(has_text=image.name)
        expect(line).to_contain_text("Waiting for an approval")
        line.get_by_role("link").click()
        page.get_by_role("button", name=answer, exact=True).click()
        confirm(page)
        expect(page.locator("#list .pill").first).to_have_text(
            "Refused" if answer == "Refuse" else "Done", timeout=20_000
        )
    assert all(gone(image, document.digest) for document in made)
    assert image.has("v1")


def test_a_rule_that_is_off_takes_nothing(server: Server, image: Image, window: Window) -> None:
    old = image.push_image("v1", seed=image.name)
    aged(server, old.digest, days=200)
    policy(image, untagged={"enabled": False, "days": 1})
    page = window.open(f"/images/{image.name}/-/policy-test").page
    tell(page)
    expect(page.get_by_text("No tags would be deleted now.")).to_be_visible()
    policy(image, old={"enabled": True, "days": 90})
    page.reload()
    tell(page)
    expect(page.locator("#list tbody tr")).to_contain_text("Old")
    window.open(f"/images/{image.name}/-/tags")
    has_rows(page, "v1")


def test_a_push_again_does_not_begin_the_period_anew(server: Server, image: Image, window: Window) -> None:
    old = image.push_image(seed=image.name)
    aged(server, old.digest)
    assert image.push_image(seed=image.name).digest == old.digest
    policy(image)
    page = window.open(f"/images/{image.name}/-/policy-test").page
    tell(page)
    expect(page.locator("#list tbody tr")).to_contain_text(old.digest[:19])


def test_values_are_tried_without_being_saved(server: Server, image: Image, window: Window) -> None:
    old = image.push_image("v1", seed=image.name)
    aged(server, old.digest, days=20)
    page = window.open(f"/images/{image.name}").page
    page.get_by_role("button", name="Edit image tag deletion").click()
    popup(page).get_by_role("switch", name="Deletion policy").check()
    popup(page).get_by_role("switch", name="Delete old images").check()
    popup(page).get_by_label("Period for old images, days").fill("10")
    expect(popup(page).get_by_role("status")).to_have_text("With these values 1 of 1 digests would be deleted now.")
    popup(page).get_by_label("Period for old images, days").fill("0")
    expect(popup(page).get_by_role("status")).to_contain_text("Enter a whole number of days from 1 to 999.")
    popup(page).get_by_label("Period for old images, days").fill("10")
    popup(page).get_by_role("button", name="Test these values").click()
    expect(page.locator("#list tbody tr")).to_contain_text("Old", timeout=15_000)
    expect(page.get_by_text("Deletion policy is disabled.")).to_be_visible()
    assert image.has("v1")


def test_what_others_delete_while_a_run_waits_is_told_as_gone_and_not_as_kept(
    server: Server, image: Image, browser_: httpx.Client
) -> None:
    mine, theirs = image.push_image(seed=f"{image.name} mine"), image.push_image(seed=f"{image.name} theirs")
    pushed = image.push_image(seed=f"{image.name} pushed")
    aged(server, mine.digest, theirs.digest, pushed.digest)
    policy(image, breaker_count=2)
    http, auth, where = image.client.http, ("admin", PASSWORD), f"{address(image)}/-/policy-runs"
    run = http.post(where, json={"kind": "run"}, auth=auth).raise_for_status().json()["id"]

    def becomes(state: str) -> None:
        wait_for(lambda: http.get(f"{where}/{run}", auth=auth).json()["state"] == state)

    becomes("waiting")
    assert image.ask("DELETE", f"manifests/{theirs.digest}").status_code == httpx.codes.ACCEPTED
    image.push_image(seed=f"{image.name} pushed")
    http.post(f"{where}/{run}/approve", json={}, auth=auth).raise_for_status()
    becomes("done")
    page = browser_.get(f"/console/images/{image.name}/-/policy-test?run={run}").text
    said = {row.partition("</code>")[0][-19:]: row for row in page.split("<tr ")[2:]}
    for document, outcome in ((mine, "Gone"), (theirs, "Deleted meanwhile by others"), (pushed, "Changed meanwhile")):
        assert outcome in said[document.digest[:19]]
