"""What commands show of images, digests and tags."""

import hashlib
import json
from pathlib import Path

import pytest

from tests import documents
from tests.cli.conftest import Command
from tests.cli.pushing import points_at, push
from tests.client import Image
from tests.long import long
from tests.serving import Server

JSON = ("--output", "json")


def data(server: Server) -> tuple[str, str]:
    return "--data", str(server.folder / "data")


@long
def test_lists_and_details_read_the_same_both_ways(server: Server, on_server: Command, image: Image) -> None:
    digest = push(image, "one", "v1", "v2")
    push(image, "two", "v10")
    on_server.succeeds("image", "edit", image.name, "--description", "the front")
    on_server.succeeds("digest", "edit", image.name, digest, "--description", "the first")
    on_server.succeeds("digest", "lock", image.name, digest, "--reason", "in production")
    for words in (
        ("image", "list", "main/apps"),
        ("digest", "list", image.name),
        ("digest", "list", image.name, "--all", "--tagged", "--locked", "--kind", "image", "--sort=-size"),
        ("tag", "list", image.name),
        ("tag", "list", image.name, "--name", "v1", "--sort=-name"),
        ("tag", "history", image.name, "v1"),
        ("policy", "show", image.name),
        ("policy", "show", "main/apps"),
        ("operation", "list"),
        ("trash", "list", "main/apps"),
        ("trash", "list", "main"),
        ("trash", "list"),
    ):
        for form in ((), JSON):
            assert on_server.succeeds(*words, *form).out == on_server.succeeds(*words, *form, *data(server)).out, words


def test_an_image_is_shown_whole(on_server: Command, image: Image) -> None:
    push(image, "one", "v1")
    on_server.succeeds("image", "edit", image.name, "--description", "the front")
    shown = on_server.succeeds("image", "show", image.name, *JSON).json
    assert (shown["description"], shown["digests"], shown["tags"]) == ("the front", 1, 1)
    assert shown["sizes"]["total"] > 0
    lines = on_server.succeeds("image", "show", image.name).out.splitlines()
    assert any(line.startswith("sizes total ") for line in lines)
    assert any(line.startswith("policies deletion old days ") for line in lines)
    listed = on_server.succeeds("image", "list", "main/apps", "--name", image.name.rpartition("/")[2], *JSON).json
    assert [row["path"] for row in listed] == [image.name]


def test_nothing_that_others_have_written_is_obeyed_by_a_terminal(on_server: Command, image: Image) -> None:
    digest = push(image, "one", "v1")
    written = "\x9b2Ja\nlock  -\u202eb\x1b]0;c\x07"
    on_server.succeeds("image", "edit", image.name, "--description", written)
    assert "\\x9b2Ja lock  -\\u202eb\\x1b]0;c\\x07" in on_server.succeeds("image", "show", image.name).out
    shown = on_server.succeeds("image", "show", image.name, *JSON)
    assert "\\u009b2Ja\\nlock  -\\u202eb\\u001b]0;c\\u0007" in shown.out
    assert shown.json["description"] == written
    on_server.succeeds("digest", "lock", image.name, digest, "--reason", "\x1b[2J")
    assert "\\x1b[2J" in on_server("tag", "remove", image.name, "v1", "--yes").err


def test_a_digest_is_found_by_its_tag_too(on_server: Command, image: Image) -> None:
    digest = push(image, "one", "v1")
    shown = on_server.succeeds("digest", "show", image.name, "v1", *JSON).json
    assert shown == on_server.succeeds("digest", "show", image.name, digest, *JSON).json
    assert (shown["digest"], shown["tags"]) == (digest, ["v1"])
    assert on_server("digest", "show", image.name, "v2").code == 3


def test_tags_are_listed_as_people_count(on_server: Command, image: Image) -> None:
    push(image, "one", "6.0.10", "6.0.9", "latest")
    names = [row["name"] for row in on_server.succeeds("tag", "list", image.name, *JSON).json]
    assert names == ["6.0.9", "6.0.10", "latest"]


def test_a_signature_is_listed_only_when_all_is(on_server: Command, image: Image) -> None:
    subject = image.push_image("v1")
    note = image.push_artifact(subject)
    assert [row["digest"] for row in on_server.succeeds("digest", "list", image.name, *JSON).json] == [subject.digest]
    every = on_server.succeeds("digest", "list", image.name, "--all", *JSON).json
    assert {row["digest"] for row in every} == {subject.digest, note.digest}


@pytest.mark.parametrize("place", ["server", "database"])
def test_a_manifest_comes_byte_for_byte(
    request: pytest.FixtureRequest, image: Image, tmp_path: Path, place: str
) -> None:
    berth: Command = request.getfixturevalue(f"on_{place}")
    document = documents.manifest(b"{}", [b"a layer"], annotations={"x": "\u00e9"})
    image.push(b"{}")
    image.push(b"a layer")
    image.put("v1", document)
    assert berth.succeeds("digest", "manifest", image.name, "v1").out.encode() == document.body
    berth.succeeds("digest", "manifest", image.name, str(document.digest), "--to", str(tmp_path / "it.json"))
    written = (tmp_path / "it.json").read_bytes()
    assert f"sha256:{hashlib.sha256(written).hexdigest()}" == points_at(image, "v1")
    assert json.loads(written)["annotations"] == {"x": "\u00e9"}


def test_a_pipeline_asks_whether_an_image_may_be_pulled(on_server: Command, image: Image) -> None:
    digest = push(image, "one", "v1")
    assert on_server.succeeds("image", "explain", image.name, "v1", "--check", *JSON).json["verdict"] == "allowed"
    on_server.succeeds("policy", "set", image.name, "pull", "restrict_unscanned=yes", "mode=warn", "wait_seconds=5")
    assert on_server.succeeds("image", "explain", image.name, "v1", "--check", *JSON).json["verdict"] == "warned"
    on_server.succeeds("digest", "quarantine", image.name, digest, "--reason", "holds a stolen key")
    refused = on_server("image", "explain", image.name, "v1", "--check")
    assert refused.code == 13
    assert "may not be pulled: it is in quarantine since" in refused.err
    on_server.succeeds("digest", "release", image.name, digest)
    on_server.succeeds("image", "explain", image.name, "v1", "--check")
    assert on_server.succeeds("image", "refused", image.name, "--verdict", "refused", *JSON).json == []
    assert on_server.succeeds("image", "refused", "main/apps", "--days", "1", "--sort", "pulls", *JSON).json == []
