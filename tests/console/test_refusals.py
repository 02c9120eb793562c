"""What the console says when it refuses: why, of which field, in the language of whoever asks."""

from collections.abc import Callable

import httpx
import pytest

from berth.audit.events import Actor
from berth.doors.console import errors, languages
from berth.people import passwords
from berth.people.access import Principal
from berth.people.callers import Caller
from berth.registry import opening
from berth.words import expression, lock, names
from berth.words.errors import Refusal
from berth.words.policies import DeletionPolicy
from tests.client import Image
from tests.console.forms import alert, field, sent
from tests.serving import ADMIN, PASSWORD, Server
from tests.sites import Clock

NOBODY = Caller(Principal(1, "nobody"), Actor("nobody"))


@pytest.mark.parametrize(
    ("refused", "english", "korean"),
    [
        (lambda: DeletionPolicy(breaker_share=101), "When more percent", "백분율"),
        (lambda: DeletionPolicy(keep_newest=-1), "Enter a whole number from 0 to 9999999.", "정수"),
        (lambda: expression.parse("-"), "beginning with none of", "시작"),
        (lambda: expression.parse("-", "immutable_tags"), "Immutable tags: ", "시작"),
        (lambda: names.description("x" * 256), "Description: At most 255 characters; this has 256.", "255자"),
        (lambda: names.registry("X"), "3 to 25 small letters and digits", "3~25"),
        (lambda: names.repository("X"), "3 to 30 small letters", "3~30"),
        (lambda: names.user("X"), "2 to 64 small letters", "2~64"),
        (lambda: names.host("a b"), "a b is no host name", "호스트"),
        (lambda: lock.check("", Clock().at, at=Clock().at), "It must be in the future.", "미래"),
        (lambda: passwords.hashed("short"), "Password: 8 to 256 characters.", "8~256"),
        (lambda: opening.operator(NOBODY), "Not allowed: only an administrator may do this", "관리자"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_rooms_say_is_said_in_the_language_of_the_page(
    refused: Callable[[], object], english: str, korean: str
) -> None:
    with pytest.raises(Refusal) as found:
        refused()
    assert english in errors.sentence(found.value, languages.find("en"))
    said = errors.sentence(found.value, languages.find("ko"))
    assert korean in said
    assert " the " not in said


def test_an_access_key_is_told_that_it_is_one(server: Server) -> None:
    made = server.http.post("/api/v1/keys", json={}, auth=(ADMIN, PASSWORD)).json()
    answer = server.http.post("/console/login", data={"name": made["id"], "password": made["secret"]})
    assert alert(answer) == "An access key is for clients. Sign in with a user name and password."
    wrong = server.http.post("/console/login", data={"name": made["id"], "password": "wrong"})
    assert alert(wrong) == "Wrong user name or password."


def test_a_field_that_is_wrong_is_named_as_the_form_names_it_and_refers_to_what_is_said(
    image: Image, browser_: httpx.Client
) -> None:
    image.push_image("v1")
    path = f"/console/images/{image.name}/-/edit/deletion-policy"
    for wrong in ("", "0", "1" * 5000, "²", "0" * 4990 + "1555"):
        answer = sent(browser_, path, version="1", untagged_days=wrong, old_days="90")
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert alert(answer) == "Period for untagged images, days: Enter a whole number of days from 1 to 999."
        assert 'aria-invalid="true"' in field(answer, "untagged_days")
        assert 'aria-describedby="problem"' in field(answer, "untagged_days")
        assert "aria-invalid" not in field(answer, "old_days")
    browser_.cookies.set("berth-language", "ko")
    answer = sent(browser_, path, version="1", untagged_days="1", old_days="90", breaker_share="101")
    assert alert(answer) == "삭제될 다이제스트 비율(%)이 다음을 초과할 때: 0에서 100 사이의 정수를 입력하세요."


def test_dates_beyond_the_calendar_are_wrong_fields_and_no_defect(image: Image, browser_: httpx.Client) -> None:
    image.push_image("v1")
    answer = sent(browser_, "/console/keys/-/new", expires="9999-12-31")
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert alert(answer) == "Expires at the end of: A day such as 2026-12-31."
    for at in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "now", "2026-01-01"):
        answer = browser_.get(f"/console/images/{image.name}/-/put-back?tag=v1&at={at}")
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY, answer.text


def test_a_message_that_cannot_be_read_is_thrown_away(browser_: httpx.Client) -> None:
    for said in ("5b" * 2000, "zz", b"[1]".hex(), "c3"):
        answer = browser_.get("/console/registries", headers={"Cookie": f"{cookies(browser_)}; berth-said={said}"})
        assert answer.status_code == httpx.codes.OK
        assert "berth-said=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0" in answer.headers["set-cookie"]


def cookies(http: httpx.Client) -> str:
    return "; ".join(f"{name}={value}" for name, value in http.cookies.items())


def test_a_tag_is_shown_by_its_name_whatever_that_is(image: Image, browser_: httpx.Client) -> None:
    image.push_image("fingerprint-of-this-page")
    shown = browser_.get(f"/console/images/{image.name}/-/tags").text
    assert ">fingerprint-of-this-page</a>" in shown
