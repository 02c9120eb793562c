"""Trivy and Grype as programs: what they are given, and what becomes of what they say."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from berth.scan.external import grype, trivy
from berth.scan.external.configured import Grype, Program, Trivy
from berth.scan.external.running import Limits
from berth.scan.failed import ScanFailed
from berth.scan.process import Canceled
from berth.words.policies import Level
from tests.scan.external import fakes
from tests.scan.external.fakes import Fifo
from tests.scan.external.recorded import GRYPE, TRIVY, rows
from tests.scan.external.test_trivy_reports import ALPINE

COPIES = "shutil.copy(REPORT, output)"
RECORDS = "json.dump([args, dict(os.environ)], open(RECORD, 'w'));"
NEVER = threading.Event()

MISBEHAVING = {
    "exits with 1": ("sys.exit(1)", "SCANNER_EXIT"),
    "hangs": (fakes.HANGS, "SCANNER_TIMEOUT"),
    "prints too much": (fakes.PRINTS_FOREVER, "SCANNER_OUTPUT"),
    "says nothing": ("pass", "SCANNER_OUTPUT"),
}
WRITES = {
    "garbage": "GARBAGE \\0\\n",
    "half": '{"SchemaVersion": 2, "Results": [',
    "a list": "[]",
    "an empty object": "{}",
    "another schema": '{"SchemaVersion": 1}',
}


def of_trivy(program: Program, folder: Path, **changes: Any) -> Trivy:  # Any: fields
    return replace(Trivy("ours", program, cache=folder / "cache", timeout_seconds=60.0), **changes)


def of_grype(program: Program, folder: Path, **changes: Any) -> Grype:  # Any: fields
    return replace(Grype("ours", program, cache=folder / "cache", timeout_seconds=60.0), **changes)


def recorded(path: Path) -> tuple[list[str], dict[str, str]]:
    arguments, environment = json.loads(path.read_bytes())
    return arguments, environment


def test_trivy_tells_what_it_found_and_which_trivy_it_was(tmp_path: Path) -> None:
    program = fakes.trivy(tmp_path / "trivy", COPIES, REPORT=TRIVY / "alpine-310.json")
    reported = trivy.scan(of_trivy(program, tmp_path), tmp_path / "layout", NEVER)
    assert rows(reported) == ALPINE
    assert reported.scanner == "ours"
    assert reported.scanner_version.startswith("0.58.1 (sha256:")
    assert reported.database_at == datetime(2026, 10, 1, 6, 12, 32, 123456, tzinfo=UTC)


def test_trivy_is_told_to_read_a_layout_and_to_fetch_nothing(tmp_path: Path) -> None:
    names = {"REPORT": TRIVY / "secrets.json", "RECORD": tmp_path / "record"}
    program = fakes.trivy(tmp_path / "trivy", RECORDS + COPIES, **names)
    trivy.scan(of_trivy(program, tmp_path), tmp_path / "layout", NEVER)
    arguments, environment = recorded(tmp_path / "record")
    report = arguments[arguments.index("--output") + 1]
    assert arguments == [
        *("image", "--input", str(tmp_path / "layout"), "--quiet", "--no-progress", "--format", "json"),
        *("--output", report, "--scanners", "vuln,secret", "--pkg-types", "os,library", "--list-all-pkgs"),
        *("--timeout", "120s", "--cache-dir", str(tmp_path / "cache")),
        *("--skip-db-update", "--skip-java-db-update", "--offline-scan"),
    ]
    assert environment.keys() & {"TRIVY_TOKEN", "HTTPS_PROXY"} == set()


def test_as_a_client_trivy_gets_the_token_where_nobody_sees_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    names = {"REPORT": TRIVY / "secrets.json", "RECORD": tmp_path / "record"}
    program = fakes.trivy(tmp_path / "trivy", RECORDS + COPIES, **names)
    config = of_trivy(program, tmp_path, server="https://trivy:4954", token="t0ken", cache=None)
    reported = trivy.scan(config, tmp_path / "layout", NEVER)
    arguments, environment = recorded(tmp_path / "record")
    assert arguments[-2:] == ["--server", "https://trivy:4954"]
    assert "t0ken" not in arguments
    assert (environment["TRIVY_TOKEN"], environment["HTTPS_PROXY"]) == ("t0ken", "http://proxy:3128")
    assert reported.database_at is None


def test_our_own_advisories_may_say_that_a_flaw_of_debian_is_negligible(tmp_path: Path) -> None:
    program = fakes.trivy(tmp_path / "trivy", COPIES, REPORT=TRIVY / "debian-buster.json")
    reported = trivy.scan(
        of_trivy(program, tmp_path),
        tmp_path,
        NEVER,
        own=lambda package, name: Level.NEGLIGIBLE if (package.name, name) == ("bash", "CVE-2019-18276") else Level.LOW,
    )
    assert [finding.match.level for finding in reported.findings] == ["negligible", "critical"]


@pytest.mark.parametrize(("body", "code"), MISBEHAVING.values(), ids=MISBEHAVING)
def test_a_trivy_that_misbehaves_is_a_failed_scan(tmp_path: Path, body: str, code: str) -> None:
    config = of_trivy(fakes.trivy(tmp_path / "trivy", body), tmp_path)
    if code == "SCANNER_TIMEOUT":
        config = replace(config, timeout_seconds=1.0)
    with pytest.raises(ScanFailed) as failed:
        trivy.scan(config, tmp_path, NEVER, limits=Limits(output_bytes=1 << 20))
    assert failed.value.code == code


@pytest.mark.parametrize("report", WRITES.values(), ids=WRITES)
def test_a_report_of_trivy_that_is_none_is_a_failed_scan(tmp_path: Path, report: str) -> None:
    program = fakes.trivy(tmp_path / "trivy", "open(output, 'w').write(TEXT)", TEXT=report)
    with pytest.raises(ScanFailed) as failed:
        trivy.scan(of_trivy(program, tmp_path), tmp_path, NEVER)
    assert failed.value.code == "SCANNER_OUTPUT"


def test_a_program_that_is_no_trivy_is_a_failed_scan(tmp_path: Path) -> None:
    with pytest.raises(ScanFailed) as failed:
        trivy.scan(of_trivy(Program(Path("/bin/echo")), tmp_path), tmp_path, NEVER)
    assert failed.value.code == "SCANNER_OUTPUT"


def test_grype_tells_what_it_found_and_which_grype_it_was(tmp_path: Path) -> None:
    program = fakes.program(tmp_path / "grype", "print(open(REPORT).read())", REPORT=GRYPE)
    reported = grype.scan(of_grype(program, tmp_path), tmp_path / "layout", NEVER)
    assert [row[3] for row in rows(reported)] == ["CVE-1999-0001", "CVE-1999-0002"]
    assert reported.scanner == "ours"
    assert reported.scanner_version.startswith("[not provided] (sha256:")


def test_grype_is_told_to_read_a_layout_and_to_fetch_nothing(tmp_path: Path) -> None:
    names = {"REPORT": GRYPE, "RECORD": tmp_path / "record"}
    program = fakes.program(tmp_path / "grype", RECORDS + "print(open(REPORT).read())", **names)
    grype.scan(of_grype(program, tmp_path), tmp_path / "layout", NEVER)
    arguments, environment = recorded(tmp_path / "record")
    assert arguments == [f"oci-dir:{tmp_path / 'layout'}", "-o", "json"]
    assert {name: value for name, value in environment.items() if name.startswith("GRYPE_")} == {
        "GRYPE_CHECK_FOR_APP_UPDATE": "false",
        "GRYPE_DB_AUTO_UPDATE": "false",
        "GRYPE_DB_CACHE_DIR": str(tmp_path / "cache"),
        "GRYPE_DB_VALIDATE_AGE": "false",
    }


@pytest.mark.parametrize(("body", "code"), MISBEHAVING.values(), ids=MISBEHAVING)
def test_a_grype_that_misbehaves_is_a_failed_scan(tmp_path: Path, body: str, code: str) -> None:
    config = of_grype(fakes.program(tmp_path / "grype", body), tmp_path)
    if code == "SCANNER_TIMEOUT":
        config = replace(config, timeout_seconds=1.0)
    with pytest.raises(ScanFailed) as failed:
        grype.scan(config, tmp_path, NEVER, limits=Limits(output_bytes=1 << 20))
    assert failed.value.code == code


@pytest.mark.parametrize("report", WRITES.values(), ids=WRITES)
def test_a_report_of_grype_that_is_none_is_a_failed_scan(tmp_path: Path, report: str) -> None:
    program = fakes.program(tmp_path / "grype", "print(TEXT)", TEXT=report)
    with pytest.raises(ScanFailed) as failed:
        grype.scan(of_grype(program, tmp_path), tmp_path, NEVER)
    assert failed.value.code == "SCANNER_OUTPUT"


def test_a_scan_can_be_cancelled(tmp_path: Path, fifo: Fifo) -> None:
    cancel = threading.Event()
    body = f"{fakes.SAYS_IT_LIVES}\n{fakes.HANGS}"
    program = fakes.program(tmp_path / "grype", body, FIFO=fifo.path)

    def when_it_runs() -> None:
        assert fifo.says_something()
        cancel.set()

    waiting = threading.Thread(target=when_it_runs)
    waiting.start()
    with pytest.raises(Canceled):
        grype.scan(of_grype(program, tmp_path), tmp_path, cancel)
    waiting.join()
