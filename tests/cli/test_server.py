"""Commands on a real server, beside the same commands on its database."""

import getpass
import json
import stat
from pathlib import Path

import httpx
import pytest

from tests import serving
from tests.cli.conftest import Command, Done
from tests.long import long
from tests.serving import PASSWORD, Server

JSON = ("--output", "json")


@pytest.fixture
def berth(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """The command, told nothing by the environment."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return Command(monkeypatch, capsys)


@pytest.fixture
def there(on_server: Command) -> Command:
    return on_server


def data(server: Server) -> tuple[str, str]:
    return "--data", str(server.folder / "data")


def sign_in(berth: Command, server: Server, user: str = "admin", secret: str = PASSWORD) -> Done:
    return berth("login", server.url, "--user", user, "--password-stdin", stdin=secret + "\n")


@long
def test_what_is_done_on_a_server_reads_the_same_on_its_database(server: Server, there: Command) -> None:
    there.succeeds("registry", "create", "shop", "--description", "of horrors")
    there.succeeds("registry", "edit", "shop", "--create-on-push")
    there.succeeds("repository", "create", "shop/tools", "--description", "sharp")
    there.succeeds("repository", "edit", "shop/tools", "--description", "blunt")
    there.succeeds("user", "create", "carol", "--password-stdin", stdin=PASSWORD)
    there.succeeds("grant", "give", "carol", "shop", "writer")
    there.succeeds("grant", "take", "carol", "shop", "push")
    key = there.succeeds("key", "create", "carol", "--days", "3", *JSON).json
    for words in (
        ("registry", "list"),
        ("registry", "show", "shop"),
        ("repository", "list"),
        ("repository", "list", "shop"),
        ("repository", "show", "shop/tools"),
        ("user", "list"),
        ("user", "show", "carol"),
        ("key", "list", "carol"),
        ("key", "show", key["id"]),
        ("grant", "list"),
        ("grant", "list", "--user", "carol", "--place", "shop"),
        ("audit", "list", "--target", "shop"),
        ("audit", "export", "--target", "shop"),
    ):
        formats = ((),) if "export" in words else ((), JSON)
        for form in formats:
            assert there.succeeds(*words, *form).out == there.succeeds(*words, *form, *data(server)).out, words
    there.succeeds("key", "revoke", key["id"])
    there.succeeds("user", "disable", "carol")
    there.succeeds("user", "enable", "carol")
    there.succeeds("user", "delete", "carol")
    there.succeeds("repository", "delete", "shop/tools")
    there.succeeds("registry", "delete", "shop")


def test_audit_tells_a_key_from_a_user_of_the_machine(server: Server, there: Command, key: str) -> None:
    there.succeeds("registry", "create", "told")
    there.succeeds("registry", "delete", "told", *data(server))
    events = there.succeeds("audit", "list", "--target", "told", *JSON).json
    assert [(event["action"], event["actor"]) for event in events] == [
        ("registry.delete", f"cli:{getpass.getuser()}"),
        ("registry.create", f"admin ({key.partition(':')[0]})"),
    ]
    lines = there.succeeds("audit", "export", "--target", "told").out.splitlines()
    assert [json.loads(line) for line in lines] == events[::-1]


def test_an_export_goes_to_a_file(server: Server, there: Command, tmp_path: Path) -> None:
    for place in ((), data(server)):
        there.succeeds("audit", "export", "--action", "registry.create", "--to", str(tmp_path / "events"), *place)
        assert json.loads((tmp_path / "events").read_text().splitlines()[0])["target"] == "main"


def test_a_limit_counts_over_pages(there: Command) -> None:
    for number in range(3):
        there.succeeds("registry", "create", f"many{number}")
    assert len(there.succeeds("registry", "list", "--limit", "2", *JSON).json) == 2
    for number in range(3):
        there.succeeds("registry", "delete", f"many{number}")


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        (("registry", "create", "Main"), 2, "name"),
        (("registry", "create", "main"), 4, "main"),
        (("registry", "edit", "main", "--description", "x" * 256), 2, "description"),
        (("registry", "show", "nowhere"), 3, "nowhere"),
        (("repository", "show", "main"), 2, "registry/repository"),
        (("user", "show", "../registries"), 2, "../registries"),
        (("registry", "delete", "main/repositories/apps"), 2, "main/repositories/apps"),
        (("user", "create", "dave", "--password-stdin"), 2, "password"),
        (("user", "edit", "admin", "--no-administrator"), 4, "last active administrator"),
    ],
)
def test_a_refusal_reads_the_same_both_ways(
    server: Server, there: Command, words: tuple[str, ...], code: int, named: str
) -> None:
    done = there(*words)
    assert (done.code, there(*words, *data(server))) == (code, done)
    assert named in done.line


def test_who_may_not_is_told_so(server: Server, there: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    there.succeeds("user", "create", "erin", "--robot")
    made = there.succeeds("key", "create", "erin", *JSON).json
    monkeypatch.setenv("BERTH_KEY", f"{made['id']}:{made['secret']}")
    done = there("registry", "create", "hers")
    assert (done.code, "only an administrator" in done.line) == (5, True)
    assert there("registry", "show", "main").code == 3
    monkeypatch.setenv("BERTH_KEY", f"{made['id']}:wrong")
    assert there("registry", "list").code == 5
    there.succeeds("user", "delete", "erin", *data(server))


def test_a_key_comes_from_a_file(server: Server, berth: Command, key: str, tmp_path: Path) -> None:
    plain, made, neither = tmp_path / "plain", tmp_path / "made", tmp_path / "neither"
    plain.write_text(key + "\n")
    made.write_text(json.dumps(dict(zip(("id", "secret"), key.split(":"), strict=True))))
    neither.write_text("nothing")
    for file in (plain, made):
        berth.succeeds("registry", "show", "main", "--server", server.url, "--key-file", str(file))
    done = berth("registry", "list", "--server", server.url, "--key-file", str(neither))
    assert (done.code, str(neither) in done.line) == (2, True)


def test_without_a_key_one_is_told_how_to_get_it(server: Server, berth: Command) -> None:
    done = berth("registry", "list", "--server", server.url)
    assert (done.code, "berth login" in done.line) == (5, True)


def test_a_login_keeps_a_key_and_no_password(server: Server, berth: Command, tmp_path: Path) -> None:
    assert sign_in(berth, server).code == 0
    file = tmp_path / "config" / "berth" / "servers.json"
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    assert PASSWORD not in file.read_text()
    made = json.loads(file.read_text())["servers"][server.url]
    shown = berth.succeeds("key", "show", made["key"], *JSON).json
    assert (shown["owner"], shown["state"]) == ("admin", "active")
    assert shown["expires_at"] is not None

    berth.succeeds("logout")
    assert made["secret"] not in file.read_text()
    assert berth("registry", "list", "--server", server.url).code == 5
    ended = berth.succeeds("key", "show", made["key"], *data(server), *JSON).json
    assert ended["state"] == "revoked"
    assert berth("logout").code == 2


def test_a_login_with_a_key_keeps_that_one(server: Server, berth: Command, key: str) -> None:
    name, _, secret = key.partition(":")
    assert sign_in(berth, server, name, secret).code == 0
    berth.succeeds("logout", server.url)
    berth.succeeds("registry", "list", "--server", server.url, "--key-file", written(key))


def written(key: str) -> str:
    Path("key").write_text(key)
    return "key"


def test_a_login_that_fails_keeps_nothing(server: Server, berth: Command, tmp_path: Path) -> None:
    done = sign_in(berth, server, secret="wrong horse")
    assert (done.code, done.err.count("\n")) == (5, 1)
    assert not (tmp_path / "config").exists()


def test_people_change_their_own_password(server: Server, there: Command) -> None:
    there.succeeds("user", "create", "frank", "--password-stdin", stdin="the first one")
    changed = there.succeeds("user", "password", "frank", "--password-stdin", stdin="the first one\nthe second one\n")
    assert changed.out.startswith("password of frank changed")
    assert there("user", "password", "frank", "--password-stdin", stdin="the first one\nthe third one\n").code == 5
    there.succeeds(
        "user", "password", "frank", "--password-stdin", *data(server), stdin="the second one\nthe third one\n"
    )
    assert sign_in(there, server, "frank", "the third one").code == 0
    there.succeeds("user", "delete", "frank")


@pytest.mark.parametrize("url", ["registry.example.org", "ftp://host", "http://host/path"])
def test_an_address_that_is_none_is_refused(berth: Command, url: str) -> None:
    done = berth("registry", "list", "--server", url)
    assert (done.code, "SERVER" in done.line) == (2, True)


def test_a_command_works_in_one_place(server: Server, berth: Command) -> None:
    assert berth("registry", "list", "--server", server.url, *data(server)).code == 2


def test_a_server_out_of_reach_is_one_line(berth: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERTH_KEY", "bk_0:0")
    url = f"http://127.0.0.1:{serving.free_port()}"
    done = berth("registry", "list", "--server", url)
    assert (done.code, url in done.line) == (1, True)


def test_nothing_from_a_network_says_who_calls(server: Server) -> None:
    """What a command in this process puts into a scope."""
    names = ("berth.caller", "Berth.Caller", "berth_caller", "x-berth-caller")
    for name in names:
        assert httpx.get(f"{server.url}/api/v1/me", headers={name: "cli:root"}).status_code == 401
        assert httpx.get(f"{server.url}/api/v1/me", params={name: "cli:root"}).status_code == 401
