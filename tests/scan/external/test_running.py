"""A binary that does what it should, and one that misbehaves in every way there is."""

import hashlib
import json
import os
import pwd
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from berth.scan.external.configured import Program
from berth.scan.external.running import Limits, Running
from berth.scan.failed import ScanFailed
from berth.scan.process import Canceled
from tests.scan.external import fakes
from tests.scan.external.fakes import Fifo

SECONDS = 60.0
MIB = 1024 * 1024


def run(program: Program, *arguments: str, **facts: Any) -> bytes:  # Any: what `Running` takes
    given: dict[str, Any] = {"seconds": SECONDS, "cancel": threading.Event()}  # Any: what `Running` takes
    with Running(program, **given | facts) as running:
        return running.run(arguments, {})


def failure(program: Program, **facts: Any) -> ScanFailed:  # Any: what `Running` takes
    with pytest.raises(ScanFailed) as failed:
        run(program, **facts)
    return failed.value


def test_what_a_program_prints_is_had_whole(tmp_path: Path) -> None:
    program = fakes.program(tmp_path / "it", "sys.stdout.write('x' * 1_000_000)")
    assert run(program) == b"x" * 1_000_000


def test_arguments_arrive_as_they_are_given(tmp_path: Path) -> None:
    program = fakes.program(tmp_path / "it", "print(json.dumps(args))")
    assert json.loads(run(program, "a b", "$(id)", "; rm -rf /", "*")) == ["a b", "$(id)", "; rm -rf /", "*"]


def test_it_is_known_by_the_hash_of_its_bytes(tmp_path: Path) -> None:
    program = fakes.program(tmp_path / "it", "print('ok')")
    sha256 = hashlib.sha256(program.path.read_bytes()).hexdigest()
    with Running(replace(program, sha256=sha256), SECONDS, threading.Event()) as running:
        assert running.sha256 == sha256
        assert running.run([], {}) == b"ok\n"


def test_another_program_than_the_pinned_one_does_not_run(tmp_path: Path) -> None:
    program = fakes.program(tmp_path / "it", "open(RAN, 'w')", RAN=tmp_path / "ran")
    failed = failure(replace(program, sha256="0" * 64))
    assert failed.code == "SCANNER_EXIT"
    assert "pinned" in failed.text
    assert not (tmp_path / "ran").exists()


def test_a_program_that_is_replaced_while_it_runs_is_not_believed(tmp_path: Path) -> None:
    body = "shutil.copy(sys.argv[0], NEW); os.replace(NEW, sys.argv[0]); print('ok')"
    failed = failure(fakes.program(tmp_path / "it", body, NEW=tmp_path / "new"))
    assert (failed.code, "was replaced" in failed.text) == ("SCANNER_EXIT", True)


def test_it_gets_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERTH_DATABASE_PASSWORD", "secret")
    program = fakes.program(tmp_path / "it", "print(json.dumps(dict(os.environ)))")
    with Running(program, SECONDS, threading.Event()) as running:
        environment = json.loads(running.run([], {"OWN": "1"}))
        folder = str(running.folder)
    own = {"HOME": folder, "TMPDIR": folder, "XDG_CACHE_HOME": folder, "OWN": "1", "LANG": "C.UTF-8"}
    assert environment.items() >= own.items()
    assert "BERTH_DATABASE_PASSWORD" not in environment


def test_its_folder_is_gone_with_all_that_is_in_it(tmp_path: Path) -> None:
    body = (
        "os.makedirs('a/b'); open('a/b/c', 'w'); os.chmod('a/b', 0o500); os.symlink(HERE, 'away'); print(os.getcwd())"
    )
    (tmp_path / "here").mkdir()
    program = fakes.program(tmp_path / "it", body, HERE=tmp_path / "here")
    folder = Path(run(program).decode().strip())
    assert not folder.parent.exists()
    assert (tmp_path / "here").exists()


@pytest.mark.parametrize("status", [1, 2, 127])
def test_a_status_that_is_not_0_is_a_failure(tmp_path: Path, status: int) -> None:
    program = fakes.program(
        tmp_path / "it", f"print('{{}}'); print('no database', file=sys.stderr); sys.exit({status})"
    )
    failed = failure(program)
    assert failed.code == "SCANNER_EXIT"
    assert failed.text == f"the scanner ended with status {status}: no database"


def test_a_program_that_is_killed_is_a_failure(tmp_path: Path) -> None:
    failed = failure(fakes.program(tmp_path / "it", "os.kill(os.getpid(), signal.SIGSEGV)"))
    assert (failed.code, failed.text) == ("SCANNER_EXIT", "the scanner was ended by signal 11")


def test_of_what_it_complains_the_end_is_kept_and_can_be_printed(tmp_path: Path) -> None:
    failed = failure(fakes.program(tmp_path / "it", fakes.COMPLAINS))
    assert failed.text.endswith("\nno such database")
    assert len(failed.text) < 5000
    assert failed.text.replace("\n", "").isprintable()


def test_complaints_of_a_program_that_ends_well_do_no_harm(tmp_path: Path) -> None:
    body = "sys.stderr.buffer.write(b'\\xff' * 1_000_000); print('ok')"
    assert run(fakes.program(tmp_path / "it", body)) == b"ok\n"


def test_a_secret_that_it_complains_of_is_not_told(tmp_path: Path) -> None:
    body = "sys.exit('x' * 5000 + ' wrong token t0ps3cret; ' + 'y' * 4080)"
    failed = failure(fakes.program(tmp_path / "it", body), secrets=["t0ps3cret"])
    assert "s3cret" not in failed.text


def test_a_program_that_hangs_is_ended_when_its_time_is_over(tmp_path: Path, fifo: Fifo) -> None:
    program = fakes.program(tmp_path / "it", fakes.LEAVES_A_CHILD + fakes.HANGS, FIFO=fifo.path)
    assert failure(program, seconds=1.0).code == "SCANNER_TIMEOUT"
    assert fifo.is_let_go()


def test_the_time_is_one_for_all_that_it_runs(tmp_path: Path) -> None:
    program = fakes.program(tmp_path / "it", "if args: signal.pause()")
    with Running(program, 1.0, threading.Event()) as running:
        with pytest.raises(ScanFailed):
            running.run(["hang"], {})
        with pytest.raises(ScanFailed) as failed:
            running.run(["hang"], {})
    assert failed.value.code == "SCANNER_TIMEOUT"


def test_a_child_that_outlives_it_is_ended_too(tmp_path: Path, fifo: Fifo) -> None:
    program = fakes.program(tmp_path / "it", fakes.LEAVES_A_CHILD + "print('ok')", FIFO=fifo.path)
    assert run(program) == b"ok\n"
    assert fifo.is_let_go()


def test_a_child_that_left_its_group_does_not_hold_up_the_result(tmp_path: Path, fifo: Fifo) -> None:
    body = """
reading, writing = os.pipe()
if os.fork() == 0:
    os.setsid()
    os.write(os.open(FIFO, os.O_WRONLY), str(os.getpid()).encode())
    os.write(writing, b'.')
    signal.pause()
os.read(reading, 1)
print('ok')
"""
    assert run(fakes.program(tmp_path / "it", body, FIFO=fifo.path)) == b"ok\n"
    os.kill(int(os.read(fifo.reading, 32)), signal.SIGKILL)
    assert fifo.is_let_go()


def test_a_scan_that_nobody_wants_any_more_is_ended(tmp_path: Path, fifo: Fifo) -> None:
    cancel = threading.Event()
    program = fakes.program(tmp_path / "it", f"{fakes.SAYS_IT_LIVES}\n{fakes.HANGS}", FIFO=fifo.path)

    def when_it_runs() -> None:
        assert fifo.says_something()
        cancel.set()

    waiting = threading.Thread(target=when_it_runs)
    waiting.start()
    with pytest.raises(Canceled):
        run(program, cancel=cancel)
    waiting.join()


def test_a_program_that_prints_too_much_is_ended(tmp_path: Path) -> None:
    failed = failure(fakes.program(tmp_path / "it", fakes.PRINTS_FOREVER), limits=Limits(output_bytes=MIB))
    assert failed.code == "SCANNER_OUTPUT"


@pytest.mark.parametrize("end", ["print('ok')", fakes.HANGS])
def test_a_program_that_fills_the_disk_is_ended(tmp_path: Path, end: str) -> None:
    body = f"open('big', 'wb').write(b'x' * (4 << 20))\n{end}"
    failed = failure(fakes.program(tmp_path / "it", body), limits=Limits(folder_bytes=MIB, look_seconds=0.01))
    assert failed.code == "SCANNER_OUTPUT"


def test_folders_without_an_end_are_not_followed(tmp_path: Path) -> None:
    body = "for _ in range(300): os.mkdir('d'); os.chdir('d')"
    failed = failure(fakes.program(tmp_path / "it", body))
    assert failed.code == "SCANNER_OUTPUT"


@pytest.mark.parametrize("path", ["missing", "folder", "fifo", "plain", "garbage"])
def test_what_is_no_program_does_not_start(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "plain").write_text("#!/bin/sh\n")
    (tmp_path / "garbage").write_bytes(b"\x7fELF garbage")
    (tmp_path / "garbage").chmod(0o755)
    assert failure(Program(tmp_path / path)).code == "SCANNER_EXIT"


def test_it_runs_as_another_user_or_not_at_all() -> None:
    program = Program(Path("/usr/bin/id"), user="nobody")
    if os.geteuid() == 0:
        assert int(run(program, "-u")) == pwd.getpwnam("nobody").pw_uid
        assert int(run(program, "-G")) == pwd.getpwnam("nobody").pw_gid
    else:
        assert failure(program).code == "SCANNER_EXIT"


def test_a_user_who_is_not_there_runs_nothing(tmp_path: Path) -> None:
    program = fakes.program(tmp_path / "it", "print('ok')")
    assert failure(replace(program, user="no-such-user")).code == "SCANNER_EXIT"


def test_who_berth_already_runs_as_needs_no_root(tmp_path: Path) -> None:
    program = fakes.program(tmp_path / "it", "print('ok')")
    assert run(replace(program, user=pwd.getpwuid(os.geteuid()).pw_name)) == b"ok\n"


REPORTS = {
    "a link to another file": "os.symlink('/etc/passwd', 'report')",
    "a second name of another file": "open('other', 'w'); os.link('other', 'report')",
    "a folder": "os.mkdir('report')",
    "a pipe": "os.mkfifo('report')",
    "too much": "open('report', 'wb').truncate(2 << 20)",
    "nothing": "",
}


@pytest.mark.parametrize("body", REPORTS.values(), ids=REPORTS)
def test_a_report_is_a_plain_file_of_a_bounded_size(tmp_path: Path, body: str) -> None:
    program = fakes.program(tmp_path / "it", body)
    with Running(program, SECONDS, threading.Event(), limits=Limits(output_bytes=MIB)) as running:
        running.run([], {})
        with pytest.raises(ScanFailed) as failed:
            running.read("report")
    assert failed.value.code == "SCANNER_OUTPUT"
