"""`berth waiver` and `berth policy preview`, on a database."""

import json
from pathlib import Path

from tests.cli.conftest import Command

JSON = ("--output", "json")
DOCUMENT = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://example.com/vex",
    "author": "Wolfi",
    "timestamp": "2026-01-01T00:00:00Z",
    "version": 1,
    "statements": [
        {"vulnerability": {"name": "CVE-2"}, "products": [{"@id": "pkg:apk/wolfi/git@2"}], "status": "fixed"},
        {"vulnerability": {"name": "CVE-3"}, "products": [{"@id": "pkg:oci/absent"}], "status": "fixed"},
    ],
}


def test_waivers_are_made_listed_taken_from_openvex_and_ended(berth: Command, tmp_path: Path) -> None:
    berth.succeeds("registry", "create", "main")
    berth.succeeds("repository", "create", "main/apps")
    made = berth.succeeds("waiver", "create", "main/apps", "CVE-1", "--reason", "known", "--days", "30", *JSON).json
    assert (made["place"], made["status"], made["state"]) == ("main/apps", "affected", "active")
    document = tmp_path / "vex.json"
    document.write_text(json.dumps(DOCUMENT))
    taken = berth.succeeds("waiver", "import", "main/apps", str(document), "--days", "30", *JSON).json
    assert [each["outcome"] for each in taken["statements"]] == ["taken", "unknown"]
    assert (
        "absent (there is no such image"
        in berth.succeeds("waiver", "import", "main", str(document), "--days", "30", "--dry-run").out
    )
    listed = berth.succeeds("waiver", "list", "main", *JSON).json
    assert [(each["vulnerability"], each["package"]) for each in listed] == [("CVE-1", ""), ("CVE-2", "git")]
    berth.succeeds("waiver", "edit", str(made["id"]), "--owner", "team web", "--place", "main", "--package", "zlib")
    assert berth.succeeds("waiver", "show", str(made["id"]), *JSON).json["place"] == "main"
    assert berth.succeeds("waiver", "end", str(made["id"]), "--yes", *JSON).json["owner"] == "team web"
    written = json.loads(berth.succeeds("waiver", "export", "main").out)
    assert [each["vulnerability"]["name"] for each in written["statements"]] == ["CVE-2"]
    refused = berth("waiver", "create", "main/apps", "CVE-1", "--reason", "known")
    assert (refused.code, refused.line) == (2, "berth: --expires: when it ends: --expires or --days")
    found = berth.succeeds("policy", "preview", "main/apps", "restrict_unscanned=yes", *JSON).json
    assert (found["images"], found["tried"]["refused"], found["items"]) == (0, 0, [])
    assert "0 of 0 tags would be refused" in berth.succeeds("policy", "preview", "main/apps", "critical=0").err
