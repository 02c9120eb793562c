"""Trivy: its binary with its own database, or as the client of a Trivy server, which then only matches.

It reads an OCI layout, so it pulls nothing; and it fetches nothing either: its database is the operator's to keep up.
"""

import math
import os
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from berth.scan.external import documents, trivy_report
from berth.scan.external.configured import Trivy
from berth.scan.external.reported import Reported
from berth.scan.external.running import Limits, Running
from berth.scan.external.trivy_report import Own

_REPORT = "report.json"
_LONGER = 60
"""Seconds that Trivy is given beyond ours, so that it is our clock that ends it, and says so."""
_FOR_A_SERVER = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
_DEFAULT = Limits()


def scan(
    config: Trivy,
    layout: Path,
    cancel: threading.Event,
    *,
    own: Own = trivy_report.nothing_of_our_own,
    image: str = "",
    limits: Limits = _DEFAULT,
) -> Reported:
    """What it finds in the one image of an OCI layout, whose config has this digest (empty: whichever it has).

    Raises `ScanFailed` and `Canceled`.
    """
    with Running(config.program, config.timeout_seconds, cancel, secrets=[config.token], limits=limits) as trivy:
        cache = config.cache or trivy.folder / "cache"
        version, database_at = _version(trivy.run(["version", "--format", "json", "--cache-dir", str(cache)], {}))
        trivy.run(list(_arguments(config, layout, cache, trivy.folder / _REPORT)), _environment(config))
        reported = trivy_report.parse(documents.load(trivy.read(_REPORT), "Trivy"), own=own, config=image)
        # What a client has in its cache is not what the server has matched with.
        built = None if config.server else database_at
        return reported.by(config.name, version, sha256=trivy.sha256, database_at=built)


def _version(printed: bytes) -> tuple[str, datetime | None]:
    said = documents.load(printed, "Trivy")
    database = documents.table(said.get("VulnerabilityDB"))
    return documents.text(said.get("Version")), documents.instant(database.get("UpdatedAt"))


def _arguments(config: Trivy, layout: Path, cache: Path, report: Path) -> Iterator[str]:
    yield from ("image", "--input", str(layout), "--quiet", "--no-progress", "--format", "json")
    yield from ("--output", str(report), "--scanners", "vuln,secret", "--pkg-types", "os,library", "--list-all-pkgs")
    yield from ("--timeout", f"{math.ceil(config.timeout_seconds) + _LONGER}s", "--cache-dir", str(cache))
    yield from ("--skip-db-update", "--skip-java-db-update", "--offline-scan")
    if config.server:
        yield from ("--server", config.server)


def _environment(config: Trivy) -> dict[str, str]:
    """With the token, which as an argument everybody on this machine could read."""
    if not config.server:
        return {}
    passed = {name: os.environ[name] for name in _FOR_A_SERVER if name in os.environ}
    return passed | ({"TRIVY_TOKEN": config.token} if config.token else {})
