"""Images that are made to do harm: each ends with a result or a reason, and takes little memory."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.scan.taking import measured

FAILURES = {
    "gzip-bomb": "LIMIT_LAYER_SIZE",
    "zstd-bomb": "LIMIT_LAYER_SIZE",
    "pax-bomb": "BAD_ARCHIVE",
    "long-name-bomb": "BAD_ARCHIVE",
    "pax-headers-without-end": "LIMIT_LAYER_SIZE",
    "many-entries": "LIMIT_ENTRIES",
    "garbage": "BAD_ARCHIVE",
    "tiny-members": "BAD_ARCHIVE",
    "no-time": "LIMIT_TIME",
    "no-wall-time": "LIMIT_TIME",
    "no-memory": "LIMIT_MEMORY",
}
GAPS = {
    "many-links": ["os-unknown", "truncated"],
    "names-that-lead-out": ["os-unknown", "damaged"],
    "link-loop": ["os-unknown"],
    "links-to-the-host": ["os-unknown"],
    "huge-database": ["os-unknown", "damaged", "truncated"],
    "huge-text": ["os-unknown"],
    "many-secrets": ["os-unknown", "truncated"],
}
MEMORY = {"huge-text": 120, "many-secrets": 100, "no-memory": 100}
OTHERS = 64


def measure(name: str, folder: Path) -> dict[str, Any]:  # Any: a JSON object
    layer = folder / "layer"
    layer.write_bytes(measured.ALL[name][0]())
    program = [sys.executable, "-m", "tests.scan.taking.measured", name, str(layer)]
    done = subprocess.run(program, capture_output=True, check=True, cwd=Path(__file__).parents[3])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("name", measured.ALL)
def test_it_ends_as_it_should_and_takes_little_memory(name: str, tmp_path: Path) -> None:
    found = measure(name, tmp_path)
    assert found.get("failed") == FAILURES.get(name)
    if name in GAPS:
        assert found["gaps"] == GAPS[name]
    assert found["mib"] < MEMORY.get(name, OTHERS)
