"""What commands do to images, digests and tags: on a database, and on a server that has it."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.conftest import Command
from tests.cli.pushing import points_at, push, there
from tests.client import Image
from tests.serving import Server

JSON = ("--output", "json")


@pytest.fixture(params=["server", "database"])
def berth(request: pytest.FixtureRequest) -> Command:
    command: Command = request.getfixturevalue(f"on_{request.param}")
    return command


def test_a_locked_image_holds_until_it_is_unlocked(berth: Command, image: Image) -> None:
    digest = push(image, "one", "v1")
    berth.succeeds("image", "lock", image.name, "--reason", "in production")
    done = berth("image", "delete", image.name)
    assert (done.code, "in production" in done.line) == (6, True)
    assert berth("digest", "unlock", image.name, digest).code == 6
    berth.succeeds("image", "unlock", image.name)
    assert berth.succeeds("image", "delete", image.name).out == f"image {image.name} deleted\n"
    assert not there(image, "v1")


def test_digests_are_locked_and_unlocked_together(berth: Command, image: Image) -> None:
    held = [push(image, "one", "v1"), push(image, "two", "v2")]
    ends = (datetime.now(UTC).astimezone() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")
    outcomes = berth.succeeds("digest", "lock", image.name, *held, "--until", ends, *JSON).json
    assert [(row["digest"], row["done"]) for row in outcomes] == [(digest, True) for digest in held]
    done = berth("digest", "delete", image.name, *held, push(image, "three", "v3"), *JSON)
    assert done.code == 6
    assert [row["state"] for row in done.json] == ["refused", "refused", "deleted"]
    assert done.err == "berth: 2 of 3 were refused\n"
    berth.succeeds("digest", "unlock", image.name, *held)
    berth.succeeds("digest", "delete", image.name, *held)


def test_a_dry_run_destroys_nothing(berth: Command, image: Image) -> None:
    digest = push(image, "one", "v1", "v2")
    told = berth.succeeds("digest", "delete", image.name, digest, "--dry-run", *JSON).json
    assert told == [
        {"digest": digest, "tags": ["v1", "v2"], "referrers": [], "state": "would be deleted", "reason": ""}
    ]
    for words in (
        ("image", "delete", image.name),
        ("tag", "remove", image.name, "v1"),
        ("tag", "edit", image.name, digest, "--remove", "v1"),
        ("repository", "delete", "main/apps", "--everything"),
        ("registry", "delete", "main"),
        ("registry", "delete", "main", "--everything"),
        ("user", "delete", "admin"),
    ):
        assert "main/apps/" not in berth.succeeds(*words, "--dry-run").err
    assert there(image, "v1")
    assert berth("tag", "remove", image.name, "v3", "--dry-run").code == 3


def test_what_was_deleted_is_restored_from_the_trash(berth: Command, image: Image) -> None:
    first, second = push(image, "one", "v1"), push(image, "two", "v2")
    berth.succeeds("digest", "delete", image.name, first, second)
    assert not there(image, "v1")
    name = image.name.removeprefix("main/apps/")
    entries = berth.succeeds("trash", "list", "main/apps", "--image", name, *JSON).json
    assert {entry["digest"] for entry in entries} == {first, second}
    number = next(str(entry["id"]) for entry in entries if entry["digest"] == first)
    restored = berth.succeeds("trash", "restore", "main/apps", number, "--rename", "v1=v1-again", *JSON).json
    assert restored["tags"] == {"v1-again": first}
    assert there(image, "v1-again")

    left = berth.succeeds("trash", "list", "main/apps", "--image", name, *JSON).json
    number = str(left[0]["id"])
    assert second in berth.succeeds("trash", "purge", "main/apps", number, "--dry-run").out
    berth.succeeds("trash", "purge", "main/apps", number)
    assert berth("trash", "restore", "main/apps", number).code == 3


def test_a_whole_batch_is_restored(berth: Command, image: Image) -> None:
    push(image, "one", "v1")
    push(image, "two", "v2")
    berth.succeeds("image", "delete", image.name)
    name = image.name.removeprefix("main/apps/")
    batches = {entry["batch"] for entry in berth.succeeds("trash", "list", "main/apps", "--image", name, *JSON).json}
    berth.succeeds("trash", "restore", "main/apps", "--batch", batches.pop())
    assert there(image, "v1")
    assert there(image, "v2")


def test_tags_are_edited_moved_and_put_back(berth: Command, image: Image) -> None:
    old, new = push(image, "old", "latest"), push(image, "new", "v2")
    before = datetime.now(UTC).astimezone().strftime("%Y-%m-%dT%H:%M:%S.%f")
    assert berth("tag", "edit", image.name, new, "--add", "latest").code == 4
    changes = berth.succeeds("tag", "move", image.name, "latest", new, "--dry-run", *JSON).json
    assert changes == [{"name": "latest", "before": old, "after": new, "moves": True}]
    berth.succeeds("tag", "move", image.name, "latest", new)
    berth.succeeds("tag", "edit", image.name, new, "--add", "v3", "--rename", "v2=v2.0")
    assert {points_at(image, tag) for tag in ("latest", "v2.0", "v3")} == {new}
    spans = berth.succeeds("tag", "history", image.name, "latest", *JSON).json
    assert [span["digest"] for span in spans] == [new, old]
    berth.succeeds("tag", "restore", image.name, "latest", "--at", before)
    assert points_at(image, "latest") == old
    assert berth.succeeds("tag", "remove", image.name, "v3").out == f"tag v3 of {image.name} removed\n"
    assert not there(image, "v3")
    assert berth("tag", "edit", image.name, new, "--rename", "v2").code == 2


def test_an_operation_is_followed_to_its_end(berth: Command, image: Image) -> None:
    digest = push(image, "one", "v1")
    done = berth.succeeds("digest", "delete", image.name, digest, "--no-wait", *JSON)
    assert [row["state"] for row in done.json] == ["deleting"]
    operation = done.err.split()[-1]
    assert berth.succeeds("operation", "wait", operation, *JSON).json["state"] == "done"
    shown = berth.succeeds("operation", "show", operation, *JSON).json
    assert shown["items"][0]["item"] == digest
    ids = [row["id"] for row in berth.succeeds("operation", "list", "--place", "main/apps", *JSON).json]
    assert operation in ids
    assert berth("operation", "show", "none").code == 3


def test_a_repository_goes_with_everything_inside(berth: Command, server: Server, image: Image) -> None:
    berth.succeeds("repository", "create", "main/gone")
    inner = server.client().image("main/gone/" + image.name.rpartition("/")[2])
    push(inner, "one", "v1")
    assert berth("repository", "delete", "main/gone").code == 4
    told = berth.succeeds("repository", "delete", "main/gone", "--everything", "--dry-run").out
    assert told == "repository main/gone would be deleted with images: 1, digests: 1, tags: 1\n"
    berth.succeeds("repository", "delete", "main/gone", "--everything")
    assert berth("repository", "show", "main/gone").code == 3
    [entry] = [each for each in berth.succeeds("trash", "list", "main", *JSON).json if each["path"] == "main/gone"]
    berth.succeeds("repository", "create", "main/gone")
    assert berth("trash", "restore", "main", str(entry["id"])).code == 4
    berth.succeeds("trash", "restore", "main", str(entry["id"]), "--name", "gone-again")
    assert there(server.client().image(inner.name.replace("main/gone/", "main/gone-again/")), "v1")
    for name in ("main/gone", "main/gone-again"):
        berth.succeeds("repository", "delete", name, "--everything")
    for each in berth.succeeds("trash", "list", "main", *JSON).json:
        berth.succeeds("trash", "purge", "main", str(each["id"]))
    assert berth.succeeds("trash", "list", "main", *JSON).json == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("image", "lock", "main/apps"), 2),
        (("image", "delete", "main/apps/web/-/lock"), 2),
        (("image", "delete", "main/apps/nothing"), 3),
        (("digest", "delete", "main/apps/nothing", "sha256:0"), 2),
        (("digest", "lock", "main/apps/nothing", *(f"sha256:{number:064x}" for number in range(51))), 2),
        (("trash", "restore", "main"), 2),
        (("trash", "restore", "main/apps"), 2),
    ],
)
def test_what_is_refused_is_one_line_and_a_code(berth: Command, words: tuple[str, ...], code: int) -> None:
    done = berth(*words)
    assert done.code == code
    assert done.line.startswith("berth: ")
