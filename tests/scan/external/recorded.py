"""Reports that scanners wrote, kept as files."""

import json
from pathlib import Path
from typing import Any

from berth.scan.external.reported import Reported

DATA = Path(__file__).with_name("data")
TRIVY = DATA / "trivy"
GRYPE = DATA / "grype" / "images.json"

Row = tuple[str, str, str, str, str, str]


def document(path: Path) -> dict[str, Any]:  # Any: a JSON object
    read: dict[str, Any] = json.loads(path.read_bytes())  # Any: a JSON object
    return read


def rows(reported: Reported) -> list[Row]:
    """What a person sees first of every finding."""
    return [
        (
            finding.package.kind,
            finding.package.name,
            finding.package.version,
            finding.match.vulnerability.id,
            finding.match.level.value,
            finding.match.fixed_version or finding.match.fix_state,
        )
        for finding in reported.findings
    ]
