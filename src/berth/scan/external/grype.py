"""Grype: its binary with its own database, which is the operator's to keep up. It reads an OCI layout."""

import threading
from pathlib import Path

from berth.scan.external import documents, grype_report
from berth.scan.external.configured import Grype
from berth.scan.external.reported import Reported
from berth.scan.external.running import Limits, Running

_DEFAULT = Limits()


def scan(
    config: Grype, layout: Path, cancel: threading.Event, *, image: str = "", limits: Limits = _DEFAULT
) -> Reported:
    """What it finds in the one image of an OCI layout, whose config has this digest (empty: whichever it has).

    Raises `ScanFailed` and `Canceled`.
    """
    with Running(config.program, config.timeout_seconds, cancel, limits=limits) as grype:
        printed = grype.run([f"oci-dir:{layout}", "-o", "json"], _environment(config))
        reported = grype_report.parse(documents.load(printed, "Grype"), config=image)
        told = reported.scanner_version, reported.database_at
        return reported.by(config.name, told[0], sha256=grype.sha256, database_at=told[1])


def _environment(config: Grype) -> dict[str, str]:
    """It fetches nothing, and an old database is used and told of, where Grype by itself refuses to scan at all."""
    return {
        "GRYPE_CHECK_FOR_APP_UPDATE": "false",
        "GRYPE_DB_AUTO_UPDATE": "false",
        "GRYPE_DB_CACHE_DIR": str(config.cache),
        "GRYPE_DB_VALIDATE_AGE": "false",
    }
