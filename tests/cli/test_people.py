"""`berth user`, `berth key`, `berth grant`."""

import os
import pty
import subprocess
import sys

import pytest

from berth.people import sign_in
from berth.words.errors import Unauthenticated
from tests import sites
from tests.cli.conftest import Command

JSON = ("--output", "json")
PASSWORD = "a good one"


def signs_in(database_url: str, name: str, secret: str) -> bool:
    with sites.opened(database_url, sites.Clock()) as site:
        try:
            sign_in.by_password(site, name, secret, "")
        except Unauthenticated:
            return False
    return True


def alice(berth: Command, *options: str) -> None:
    berth.succeeds("user", "create", "alice", "--password-stdin", *options, stdin=PASSWORD + "\n")


def places(berth: Command) -> None:
    berth.succeeds("registry", "create", "main")
    berth.succeeds("repository", "create", "main/apps")


def test_a_user_is_created_with_a_password_from_standard_input(berth: Command, database_url: str) -> None:
    alice(berth, "--description", "of wonderland")
    assert signs_in(database_url, "alice", PASSWORD)
    found = berth.succeeds("user", "show", "alice", *JSON).json
    assert (found["kind"], found["description"]) == ("person", "of wonderland")
    assert found["created_by"].startswith("cli:")
    assert (found["grants"], found["keys"]) == ([], [])


def test_no_hash_is_shown(berth: Command) -> None:
    alice(berth)
    for words in (("user", "show", "alice"), ("user", "list")):
        assert "argon2" not in berth.succeeds(*words, *JSON).out


def test_a_password_is_asked_for_twice_and_not_echoed(berth: Command, database_url: str) -> None:
    del berth  # for the environment that it has made
    program = [sys.executable, "-c", "from berth.cli import main; main()", "user", "create", "alice"]
    ours, theirs = pty.openpty()
    with subprocess.Popen(program, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as command:
        os.close(theirs)
        seen = b""
        for _ in range(2):
            while not seen.endswith(b": "):
                seen += os.read(ours, 1)
            os.write(ours, PASSWORD.encode() + b"\n")
            seen += b"\n"
        while PASSWORD.encode() not in seen and command.poll() is None:
            try:
                seen += os.read(ours, 1000)
            except OSError:  # the terminal ends with its program
                break
    os.close(ours)
    assert command.returncode == 0
    assert PASSWORD.encode() not in seen
    assert signs_in(database_url, "alice", PASSWORD)


def test_without_a_terminal_nobody_is_asked(berth: Command) -> None:
    done = berth("user", "create", "alice")
    assert done.code == 2
    assert "--password-stdin" in done.line


def test_users_are_listed(berth: Command) -> None:
    alice(berth)
    berth.succeeds("user", "create", "ci", "--robot")
    assert [user["name"] for user in berth.succeeds("user", "list", *JSON).json] == ["alice", "ci"]
    table = berth.succeeds("user", "list").out.splitlines()
    assert table[0].split()[:2] == ["NAME", "KIND"]
    assert [line.split()[:2] for line in table[1:]] == [["alice", "person"], ["ci", "robot"]]


def test_a_dry_run_tells_which_keys_would_end_and_ends_none(berth: Command, database_url: str) -> None:
    alice(berth)
    berth.succeeds("key", "create", "alice")
    for act in ("disable", "reset-password"):
        said = berth.succeeds("user", act, "alice", "--dry-run").out
        assert "would" in said
        assert "so would their keys: 1" in said
    assert signs_in(database_url, "alice", PASSWORD)
    assert len(berth.succeeds("user", "show", "alice", *JSON).json["keys"]) == 1


def test_a_user_is_disabled_and_enabled(berth: Command, database_url: str) -> None:
    alice(berth)
    berth.succeeds("user", "disable", "alice")
    assert not signs_in(database_url, "alice", PASSWORD)
    berth.succeeds("user", "enable", "alice")
    assert signs_in(database_url, "alice", PASSWORD)


def test_a_password_is_reset_and_keys_end(berth: Command, database_url: str) -> None:
    alice(berth)
    key = berth.succeeds("key", "create", "alice", *JSON).json
    done = berth.succeeds("user", "reset-password", "alice", "--password-stdin", stdin="another one")
    assert done.out.endswith("keys: 1\n")
    assert signs_in(database_url, "alice", "another one")
    assert not signs_in(database_url, key["id"], key["secret"])


def test_an_administrator_is_made_and_unmade(berth: Command) -> None:
    alice(berth)
    berth.succeeds("user", "create", "ci", "--robot", "--administrator")
    assert berth.succeeds("user", "edit", "alice", "--administrator", *JSON).json["administrator"]
    done = berth("user", "edit", "alice", "--no-administrator")
    assert (done.code, done.line) == (4, "berth: 'alice' is the last active administrator")
    edited = berth.succeeds("user", "edit", "ci", "--no-administrator", "--description", "builds", *JSON).json
    assert (edited["administrator"], edited["description"]) == (False, "builds")


def test_a_user_is_deleted(berth: Command) -> None:
    alice(berth)
    berth.succeeds("user", "delete", "alice")
    assert berth("user", "show", "alice").code == 3


def test_a_key_shows_its_secret_once(berth: Command, database_url: str) -> None:
    berth.succeeds("user", "create", "ci", "--robot")
    made = berth.succeeds(
        "key", "create", "ci", "--scope", "main:pull", "--scope", "main/apps:push", "--days", "3", *JSON
    )
    key = made.json
    assert made.err == "The secret is shown only here.\n"
    assert signs_in(database_url, key["id"], key["secret"])
    for words in (("key", "list"), ("key", "list", "ci"), ("key", "show", key["id"])):
        shown = berth.succeeds(*words, *JSON).out
        assert key["id"] in shown
        assert key["secret"] not in shown
        assert "main/apps:push" in shown


def test_a_revoked_key_is_no_good(berth: Command, database_url: str) -> None:
    berth.succeeds("user", "create", "ci", "--robot")
    key = berth.succeeds("key", "create", "ci", *JSON).json
    berth.succeeds("key", "revoke", key["id"])
    assert not signs_in(database_url, key["id"], key["secret"])


def test_grants_are_given_listed_and_taken(berth: Command) -> None:
    places(berth)
    berth.succeeds("user", "create", "ci", "--robot")
    berth.succeeds("grant", "give", "ci", "main", "reader")
    given = berth.succeeds("grant", "give", "ci", "main/apps", "writer", "pull-restricted")
    assert given.out == "ci may pull, push, pull-restricted in main/apps\n"
    assert [grant["place"] for grant in berth.succeeds("grant", "list", *JSON).json] == ["main", "main/apps"]
    narrowed = berth.succeeds("grant", "list", "--user", "ci", "--place", "main/apps", *JSON).json
    assert [grant["actions"] for grant in narrowed] == [["pull", "push", "pull-restricted"]]
    berth.succeeds("grant", "take", "ci", "main/apps", "push")
    assert berth.succeeds("user", "show", "ci", *JSON).json["grants"] == ["main:pull", "main/apps:pull,pull-restricted"]
    berth.succeeds("grant", "take", "ci", "main/apps")
    berth.succeeds("grant", "take", "ci", "main", "pull")
    assert berth.succeeds("grant", "list", *JSON).json == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["user", "create", "Alice", "--robot"], 2),
        (["user", "create", "alice", "--robot"], 4),
        (["user", "reset-password", "alice", "--password-stdin"], 2),
        (["user", "show", "nobody"], 3),
        (["user", "delete", "nobody"], 3),
        (["key", "create", "nobody"], 3),
        (["key", "create", "alice", "--scope", "main"], 2),
        (["key", "revoke", "bk_0"], 3),
        (["grant", "give", "alice", "main/apps", "king"], 2),
        (["grant", "give", "alice", "nowhere", "reader"], 3),
        (["grant", "give", "alice", "main/nowhere", "reader"], 3),
        (["grant", "take", "alice", "main"], 3),
    ],
)
def test_what_is_refused_is_one_line_and_a_code(berth: Command, words: list[str], code: int) -> None:
    places(berth)
    alice(berth)
    done = berth(*words)
    assert done.code == code
    assert done.line.startswith("berth: ")


@pytest.mark.parametrize(
    "words", [["user", "frob"], ["user", "create"], ["key", "create", "ci", "--days", "0"], ["frob"]]
)
def test_a_command_that_makes_no_sense_exits_with_2(berth: Command, words: list[str]) -> None:
    done = berth(*words)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
