"""What somebody agrees to is what they were shown: when it has become another meanwhile, it is shown again."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.client import Image
from tests.console.forms import alert, field, proof, sent
from tests.serving import ADMIN, PASSWORD, Server

CONFLICT, SEEN = httpx.codes.CONFLICT, httpx.codes.SEE_OTHER
AGAIN = "Somebody changed this meanwhile. It is shown as it is now. Look at it again, then confirm."


def shown(page: str) -> dict[str, list[str]]:
    """What a form would send as it stands, its proof included."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page):
        found.setdefault(name, []).append(value)
    return found


def test_a_digest_that_got_a_name_meanwhile_is_not_deleted_unseen(image: Image, browser_: httpx.Client) -> None:
    document = image.push_image("v1")
    path = f"/console/images/{image.name}/-/tags/{document.digest}/delete"
    form = shown(browser_.get(path).text)
    image.put("latest", document)
    answer = browser_.post(path, data=form)
    assert answer.status_code == CONFLICT
    assert alert(answer) == AGAIN
    assert ">latest</span>" in answer.text
    assert image.has("v1")
    answer = browser_.post(path, data=shown(answer.text))
    assert answer.status_code == SEEN
    assert not image.has("latest")


def test_a_digest_that_got_a_referrer_meanwhile_is_not_deleted_unseen(image: Image, browser_: httpx.Client) -> None:
    one, two = image.push_image("v1", seed="1"), image.push_image("v2", seed="2")
    path = f"/console/images/{image.name}/-/tags/delete"
    form = shown(browser_.get(path, params={"digest": [one.digest, two.digest]}).text)
    image.push_artifact(two)
    answer = browser_.post(path, data=form)
    assert answer.status_code == CONFLICT
    assert "1 referrer goes with it" in answer.text
    assert image.has("v1")
    bare = {"digest": one.digest, "proof": proof(browser_, path + f"?digest={one.digest}")}
    assert browser_.post(path, data=bare).status_code == CONFLICT, "nothing was shown"
    assert browser_.post(path, data=shown(answer.text)).status_code == SEEN
    assert not image.has("v2")


def test_a_move_that_was_agreed_to_is_no_other_move(image: Image, browser_: httpx.Client) -> None:
    mine, theirs, third = (image.push_image(name, seed=name) for name in ("mine", "theirs", "third"))
    path = f"/console/images/{image.name}/-/tags/{mine.digest}/edit"
    form = shown(browser_.get(path).text)
    asked = browser_.post(path, data={**form, "tags": "mine theirs"})
    assert asked.status_code == httpx.codes.OK
    assert f"theirs now points to {theirs.digest[:19]}; it will move here." in asked.text
    image.put("theirs", third)
    again = browser_.post(path, data={**shown(asked.text), "tags": "mine theirs"})
    assert again.status_code == CONFLICT
    assert f"theirs now points to {third.digest[:19]}; it will move here." in again.text
    assert image.get("theirs").content == third.body
    assert browser_.post(path, data={**shown(again.text), "tags": "mine theirs"}).status_code == SEEN
    assert image.get("theirs").content == mine.body


def test_a_lock_of_somebody_else_is_not_taken_off_unseen(image: Image, browser_: httpx.Client) -> None:
    image.push_image("v1")
    path = f"/console/images/{image.name}/-/edit/lock"
    form = shown(browser_.get(path).text)
    day = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}"
    locking = {**shown(browser_.get(path).text), "lock": "lock", "reason": "release", "until": day}
    assert browser_.post(path, data=locking).status_code == SEEN
    answer = browser_.post(path, data={**form, "lock": "unlock", "reason": ""})
    assert answer.status_code == CONFLICT
    assert alert(answer).startswith("admin changed this just now.")
    assert f'value="{day}"' in field(browser_.get(path), "until")
    details = browser_.get(f"/console/images/{image.name}").text
    assert "Locked by admin." in details
    assert "Reason: release" in details
    assert f"{datetime.fromisoformat(day) + timedelta(days=1):%Y-%m-%d} 00:00 UTC" in details


def test_a_refusal_by_a_lock_says_who_until_when_and_why(image: Image, browser_: httpx.Client) -> None:
    document = image.push_image("v1")
    base = f"/console/images/{image.name}/-/tags/{document.digest}"
    deleting = shown(browser_.get(f"{base}/delete").text)
    wrong = sent(browser_, f"{base}/lock", until="2020-01-01")
    assert alert(wrong) == "Until the end of: It must be in the future."
    day = datetime.now(UTC) + timedelta(days=3)
    locked = sent(browser_, f"{base}/lock", reason="release", until=f"{day:%Y-%m-%d}")
    assert locked.status_code == SEEN
    answer = browser_.post(f"{base}/delete", data={**deleting, **shown(browser_.get(f"{base}/delete").text)})
    assert answer.status_code == CONFLICT
    assert alert(answer) == (
        f"Locked. Unlock it before you delete or update it. {document.digest} is locked by admin until "
        f"{day + timedelta(days=1):%Y-%m-%d} 00:00 UTC. Reason: release"
    )


def test_a_new_grant_replaces_none_that_is_there(server: Server, browser_: httpx.Client) -> None:
    auth = (ADMIN, PASSWORD)
    user = {"name": "keeper", "kind": "person", "password": "long enough 1"}
    server.http.post("/api/v1/users", json=user, auth=auth).raise_for_status()
    path = "/console/registries/main/-/grants/edit"
    assert sent(browser_, path, user="keeper", version="", actions=["pull", "push"]).status_code == SEEN
    answer = sent(browser_, path, user="keeper", version="", actions="pull")
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert alert(answer) == "keeper has a grant here already. Edit that one."
    assert 'aria-invalid="true"' in field(answer, "user")
    assert "pull, push" in browser_.get("/console/registries/main/-/grants?user=keep").text
    edited = shown(browser_.get(f"{path}?user=keeper").text)
    assert browser_.post(path, data={**edited, "user": "keeper", "actions": "pull"}).status_code == SEEN
    assert browser_.post(path, data={**edited, "user": "keeper", "actions": "push"}).status_code == CONFLICT


def test_many_grants_are_turned_through(server: Server, browser_: httpx.Client) -> None:
    auth = (ADMIN, PASSWORD)
    for number in range(25):
        name = f"many-{number:02}"
        server.http.post("/api/v1/users", json={"name": name, "kind": "robot"}, auth=auth).raise_for_status()
        given = {"actions": ["pull"]}
        server.http.put(f"/api/v1/grants/{name}/main/apps", json=given, auth=auth).raise_for_status()
    path = "/console/registries/main/repositories/apps/-/grants?user=many"
    page = browser_.get(path).text
    assert ("many-19" in page, "many-20" in page) == (True, False)
    following = re.search(r'href="([^"]+)"[^>]* rel="next"', page)
    assert following is not None
    assert "many-24" in browser_.get(following[1].replace("&amp;", "&")).text


@pytest.mark.parametrize("answer", ["apply", "approve", "refuse"])
def test_what_cannot_be_applied_or_answered_is_not_asked(image: Image, browser_: httpx.Client, answer: str) -> None:
    image.push_image("v1")
    base = f"/console/images/{image.name}/-"
    started = sent(browser_, f"{base}/policy-test/new")
    run = started.headers["location"].rpartition("=")[2]
    page = browser_.get(f"{base}/policy-test/{run}/{answer}")
    assert page.status_code in (CONFLICT, httpx.codes.UNPROCESSABLE_ENTITY)
    assert "Confirm" not in page.text
