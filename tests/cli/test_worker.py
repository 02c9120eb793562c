import signal
import subprocess
import sys
from pathlib import Path

PROGRAM = (sys.executable, "-c", "from berth.cli import main; main()")


def test_a_worker_makes_its_database_works_and_stops_when_it_is_asked_to(tmp_path: Path) -> None:
    command = [*PROGRAM, "worker", "--data", str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "worker started" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        said, complained = process.communicate(timeout=20)
    assert (process.returncode, complained) == (0, "")
    assert "worker stopped" in said.splitlines()[-1]
