"""A deletion policy in the life of a team: pushes by skopeo, weeks that pass, a test, a run, and what comes back."""

import contextlib
import json
import sqlite3
from pathlib import Path

import pytest

from tests import documents
from tests.cli.conftest import Command
from tests.journeys.test_operator_day import PLAIN, berth, image_to_push, rows
from tests.journeys.tools import ToolFailed, Tools
from tests.serving import Server

__all__ = ["berth"]

PATH = "main/apps/nightlies"


def weeks_pass(server: Server, digests: set[str]) -> None:
    """What has been pushed so far was pushed 40 days ago: of all clocks only the one in the rows can be moved here."""
    with contextlib.closing(sqlite3.connect(server.folder / "data" / "berth.db", timeout=30)) as database:
        for digest in digests:
            database.execute(
                "UPDATE manifest SET created_at = datetime(created_at, '-40 days') || '.000000' WHERE digest = ?",
                [digest],
            )
        database.commit()


def test_a_policy_deletes_what_its_test_has_told(shared: Server, berth: Command, tmp_path: Path) -> None:
    team = Tools(tmp_path / "team", shared.host)
    team.folder.mkdir()
    team.sign_in("skopeo", PLAIN)
    at = f"docker://{shared.host}/{PATH}"

    # Twenty nightly builds and an index, by the team's own tool; latest moves with each.
    built = image_to_push(tmp_path / "built")
    document = json.loads((built / "manifest.json").read_text())
    for number in range(20):
        document["annotations"] = {"org.example.build": str(number)}
        (built / "manifest.json").write_text(json.dumps(document))
        for tag in (f"nightly-{number}", "latest"):
            team.skopeo("copy", "--preserve-digests", "--dest-tls-verify=false", f"dir:{built}", f"{at}:{tag}")
    image = shared.client().image(PATH)
    child = image.push_image(seed="platform")
    image.put("nightly-multi", documents.index([child]))
    bare = image.push_image(seed="never named")

    before = {row["digest"]: row["tags"] for row in rows(berth, "digest", "list", PATH, "--all")}
    assert len(before) == 23
    weeks_pass(shared, set(before))
    late = image.push_image("nightly-late", seed="late")

    berth.succeeds(
        "policy", "set", PATH, "deletion", "enabled=yes", "untagged.enabled=yes", "untagged.days=7",
        "old.enabled=yes", "old.days=30", "expression=nightly-*", "breaker_count=10",
    )  # fmt: skip

    # The test tells: the last build is latest, so it stays; the late one is young; the index goes with its child.
    told = {row["digest"]: row for row in rows(berth, "policy", "test", PATH)}
    assert len(told) == 22
    assert {row["reason"] for row in told.values()} == {"old", "untagged"}
    assert {bare.digest, child.digest} <= set(told)
    assert late.digest not in told
    assert not [row for row in told.values() if "latest" in row["tags"]]
    assert len(rows(berth, "digest", "list", PATH, "--all")) == 24

    # So many at once are not deleted unasked.
    run = berth("policy", "run", PATH, "--yes")
    assert (run.code != 0, "22 digests would be deleted" in run.err) == (True, True)
    (waiting,) = [each for each in rows(berth, "policy", "runs", PATH) if each["state"] == "waiting"]
    assert len(rows(berth, "digest", "list", PATH, "--all")) == 24
    done = rows(berth, "policy", "approve", PATH, waiting["id"], "--yes")
    assert {row["digest"] for row in done if row["outcome"] == "deleted"} == set(told)
    left = {row["digest"] for row in rows(berth, "digest", "list", PATH, "--all")}
    assert left == (set(before) - set(told)) | {late.digest}

    # latest can still be pulled, a nightly not; it comes back from the trash and is kept for its period.
    team.skopeo("copy", "--src-tls-verify=false", f"{at}:latest", f"dir:{tmp_path / 'pulled'}")
    with pytest.raises(ToolFailed):
        team.skopeo("inspect", PLAIN, "--no-tags", "--raw", f"{at}:nightly-3")
    entry = next(
        row for row in rows(berth, "trash", "list", "main/apps", "--image", "nightlies") if row["tags"] == ["nightly-3"]
    )
    berth.succeeds("trash", "restore", "main/apps", str(entry["id"]))
    raw = team.skopeo("inspect", PLAIN, "--no-tags", "--raw", f"{at}:nightly-3")
    assert documents.digest_of(raw.encode()) == entry["digest"]
    assert rows(berth, "policy", "test", PATH) == []
    shown = rows(berth, "digest", "show", PATH, entry["digest"])
    assert (shown["forecast"]["deleted"], shown["forecast"]["reason"]) == (False, "too-young")
