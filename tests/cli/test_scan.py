"""`berth scan` and `berth vulndb`: what a pipeline asks, and what an operator brings."""

from pathlib import Path
from types import ModuleType
from typing import get_args, get_type_hints

import pytest
import typer
from pydantic import BaseModel

from berth.cli import scan, vulndb
from berth.doors.api.shapes import advisories, scans
from tests.cli.conftest import Command
from tests.client import Image
from tests.scan import images

JSON = ("--output", "json")
OSV = images.DATA / "osv"


@pytest.fixture(params=["server", "database"])
def berth(request: pytest.FixtureRequest) -> Command:
    command: Command = request.getfixturevalue(f"on_{request.param}")
    return command


@pytest.fixture
def minbase(image: Image) -> str:
    return images.push_layers(image, "v1", images.minbase()).digest


def test_a_pipeline_learns_by_the_exit_code_whether_an_image_is_good(
    berth: Command, image: Image, minbase: str
) -> None:
    berth.succeeds("vulndb", "import", str(OSV))
    berth.succeeds("scan", "run", image.name, minbase)
    found = berth.succeeds("image", "wait-scan", image.name, "v1", "--max-critical", "1", *JSON).json
    assert found["counts"]["total"] == 23
    refused = berth("image", "wait-scan", image.name, "v1", "--max-critical", "0")
    assert (refused.code, refused.err) == (10, "berth: 1 critical findings, 0 would pass\n")


def test_what_nobody_asked_for_is_no_good_scan_and_can_be_asked_for(berth: Command, image: Image, minbase: str) -> None:
    berth.succeeds("vulndb", "import", str(OSV))
    assert berth("image", "wait-scan", image.name, minbase).code == 11
    assert berth.succeeds("image", "wait-scan", image.name, minbase, "--ask", *JSON).json["state"] == "done"


def test_a_scan_that_failed_is_asked_for_again_by_who_waits_for_it(berth: Command, image: Image) -> None:
    broken = images.push_layers(image, "v1", b"\x1f\x8b no gzip at all").digest
    assert berth("scan", "run", image.name, broken).code == 11
    assert berth("image", "wait-scan", image.name, broken).code == 11
    assert len(berth.succeeds("scan", "history", image.name, broken, *JSON).json) == 1
    assert berth("image", "wait-scan", image.name, broken, "--ask").code == 11
    assert [each["state"] for each in berth.succeeds("scan", "history", image.name, broken, *JSON).json] == [
        "failed",
        "failed",
    ]


def test_results_are_listed_compared_and_written_as_documents(
    berth: Command, image: Image, minbase: str, tmp_path: Path
) -> None:
    berth.succeeds("vulndb", "import", str(OSV))
    berth.succeeds("scan", "run", image.name, minbase)
    worst = berth.succeeds("scan", "vulnerabilities", image.name, "v1", "--severity", "critical", *JSON).json
    assert [each["vulnerability"] for each in worst] == ["CVE-2023-45853"]
    assert len(berth.succeeds("scan", "packages", image.name, "v1", *JSON).json) == 88
    assert berth.succeeds("scan", "secrets", image.name, "v1", *JSON).json == []

    def listed(*words: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = berth.succeeds("scan", words[0], image.name, "v1", *words[1:], *JSON).json
        return found

    assert len(listed("vulnerabilities", "--type", "deb", "--vulnerability", "2023-45853", "--sort", "-score")) == 1
    assert listed("vulnerabilities", "--type", "npm") == listed("packages", "--kind", "language") == []
    assert listed("packages", "--type", "deb", "--sort", "-findings", "--limit", "1")[0]["name"] == "zlib1g"
    assert listed("secrets", "--rule", "private-key", "--file", "etc", "--sort", "severity") == []
    assert berth("scan", "packages", image.name, "v1", "--sort", "size").code == 2
    assert berth.succeeds("scan", "compare", image.name, "v1", minbase, *JSON).json["findings_added"] == []
    assert berth.succeeds("scan", "history", image.name, "v1", *JSON).json[0]["state"] == "done"
    berth.succeeds("scan", "export", image.name, "v1", "spdx", "--to", str(tmp_path / "web.spdx.json"))
    assert "SPDX-2.3" in (tmp_path / "web.spdx.json").read_text()
    found = berth.succeeds("scan", "search", "--vulnerability", "CVE-2023-45853", *JSON).json
    assert image.name in [each["image"] for each in found]


@pytest.mark.parametrize(
    ("family", "command", "wanted"),
    [
        (scan, "vulnerabilities", scans.FindingsWanted),
        (scan, "packages", scans.PackagesWanted),
        (scan, "secrets", scans.SecretsWanted),
        (scan, "history", scans.ScanRunsWanted),
        (scan, "search", advisories.SearchWanted),
        (vulndb, "news", advisories.NewsWanted),
        (vulndb, "changes", advisories.ReevaluationsWanted),
    ],
)
def test_a_list_takes_every_filter_and_order_of_the_api(
    family: ModuleType, command: str, wanted: type[BaseModel]
) -> None:
    group = typer.main.get_group(family.app)
    options = {option.opts[0].removeprefix("--") for option in group.commands[command].params}
    assert wanted.model_fields.keys() - {"cursor"} <= options
    orders, _ = get_args(get_type_hints(getattr(family, command))["sort"])
    assert get_args(orders) == get_args(wanted.model_fields["sort"].annotation), "a shell completes them"


def test_advisories_go_from_one_berth_to_another_as_a_bundle(berth: Command, tmp_path: Path) -> None:
    berth.succeeds("vulndb", "import", str(OSV))
    before = berth.succeeds("vulndb", "status", *JSON).json["current"]
    berth.succeeds("vulndb", "export", str(tmp_path / "bundle.zip"))
    berth.succeeds("vulndb", "import", str(tmp_path / "bundle.zip"), "--whole")
    after = berth.succeeds("vulndb", "status", *JSON).json["current"]
    assert after["id"] != before["id"]
    assert after["records"] == before["records"]
    berth.succeeds("vulndb", "roll-back", "--yes")
    assert berth.succeeds("vulndb", "status", *JSON).json["current"]["id"] == before["id"]


def test_a_file_that_has_no_advisories_is_refused_with_the_reason(berth: Command, tmp_path: Path) -> None:
    broken = tmp_path / "all.zip"
    broken.write_bytes(b"no archive")
    refused = berth("vulndb", "import", str(broken))
    assert refused.code == 1
    assert "failed" in refused.err
