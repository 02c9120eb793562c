"""However many rows a list has, it takes the same few reads; on both databases, without a server."""

from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from sqlalchemy import update

from berth.app import application
from berth.audit.events import Actor
from berth.db.tables import image
from berth.people import accounts, passwords
from berth.registry import registries, repositories
from berth.site import Site
from berth.words.policies import DeletionPolicy, DeletionRule
from tests import documents
from tests.client import Client
from tests.inside import Inside
from tests.registry.test_rows import counted

OPERATOR = Actor("operator", "127.0.0.1")
PASSWORD = "long enough 1"
LISTS = [
    "/registries",
    "/repositories",
    "/registries/main",
    "/images?registry=main&repository=apps",
    "/images/main/apps/web/-/tags",
    "/activity",
    "/trash",
    "/waivers",
    "/images/main/apps/web/-/refused",
    "/keys",
    "/users",
    "/audit",
]
MOST = 6
INDEXES = 5
"""Reads more where indexes are listed and a policy is on: to follow them, to know what they list, for scans, and
whether what they list may be pulled."""


@pytest.fixture
def http(site: Site) -> Iterator[httpx.Client]:
    """The administrator's browser."""
    with site.db.write() as tx:
        hashed = passwords.hashed(PASSWORD)
        accounts.create(tx, OPERATOR, "boss", at=site.now(), password=hashed, administrator=True)
        registries.create(tx, OPERATOR, "main", at=site.now())
        repositories.create(tx, OPERATOR, "main", "apps", at=site.now())
    with closing(Inside(application(site))) as transport:
        client = httpx.Client(transport=transport, base_url="http://localhost")
        answer = client.post("/console/login", data={"name": "boss", "password": PASSWORD})
        assert answer.status_code == httpx.codes.SEE_OTHER
        yield client


def test_a_list_takes_few_reads_whatever_its_length(site: Site, http: httpx.Client) -> None:
    """Not counted is the read that tells whose session asks."""
    client = Client(http, "boss", PASSWORD)
    client.image("main/apps/web").push_image("v0", seed="0")
    few = {path: _reads(site, http, path) for path in LISTS}
    for number in range(1, 110):
        client.image("main/apps/web").push_image(f"v{number}", seed=str(number))
        client.image(f"main/apps/other{number}").push_image("v1")
    for path in LISTS:
        many = _reads(site, http, f"{path}{'&' if '?' in path else '?'}size=100")
        assert len(many) <= max(len(few[path]), MOST), (path, many)
        assert len(many) <= MOST, (path, many)


def test_a_policy_that_is_on_adds_few_reads_whatever_the_length_of_the_list(site: Site, http: httpx.Client) -> None:
    client, path = Client(http, "boss", PASSWORD), "/images/main/apps/web/-/tags?size=100"
    made = [client.image("main/apps/web").push_image(f"v{number}", seed=str(number)) for number in range(110)]
    rule = DeletionRule(enabled=True)
    policy = DeletionPolicy(enabled=True, untagged=rule, old=rule, keep_newest=5)
    with site.db.write() as tx:
        tx.execute(update(image).values(policy_deletion=policy.to_json()))
    plain = _reads(site, http, path)
    assert len(plain) <= MOST, plain
    for number, child in enumerate(made):
        client.image("main/apps/web").put(f"multi{number}", documents.index([child]))
    indexes = _reads(site, http, path)
    assert len(indexes) <= MOST + INDEXES, indexes


def test_what_a_list_to_choose_from_leaves_out_is_told(site: Site, http: httpx.Client) -> None:
    with site.db.write() as tx:
        for number in range(510):
            repositories.create(tx, OPERATOR, "main", f"repo{number:03}", at=site.now())
    for path in ("/images/select", "/keys/-/new", "/trash"):
        assert "11 more repositories are not in the list." in http.get(f"/console{path}").text, path
    chosen = http.get("/console/trash?place=main/repo509").text
    assert '<option value="main/repo509" selected>' in chosen


def _reads(site: Site, http: httpx.Client, path: str) -> list[str]:
    with counted(site) as said:
        assert http.get(f"/console{path}").status_code == httpx.codes.OK
    return [
        statement
        for statement in said
        if "session" not in statement and statement.lstrip().startswith(("SELECT", "WITH"))
    ]


def test_over_tls_the_cookie_is_for_this_host_alone(site: Site, http: httpx.Client) -> None:
    given = {"name": "boss", "password": PASSWORD}
    answer = http.post("https://registry.example.org/console/login", data=given)
    assert answer.status_code == httpx.codes.SEE_OTHER
    [cookie] = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-berth=")
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400; Secure")
    token = cookie.partition("=")[2].partition(";")[0]
    here = http.get("https://registry.example.org/console/", headers={"Cookie": f"berth={token}"})
    assert here.is_redirect, "a cookie that a plain connection could have set opens nothing over TLS"
    assert site.settings.session_hours == 24
