"""What is slow to import is imported by whom it serves."""

import subprocess
import sys

import pytest

SERVING_ONLY = ("fastapi", "berth.doors.api.routes")


@pytest.mark.parametrize("module", ["berth.cli", "berth.serving", "berth.worker"])
def test_the_management_api_is_no_part_of_a_start(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {SERVING_ONLY} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "[]\n"
