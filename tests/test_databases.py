"""The tests' own databases: each test has one to itself, and a test run leaves nothing behind."""

import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from berth.db import Database
from tests import programs

KILLED = """
import os, signal
from tests import postgres
with postgres.server() as server:
    print(server.folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_postgresql_server_is_gone_after_its_user_was_killed() -> None:
    programs.need("postgres")
    victim = subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with victim:
        assert victim.stdout is not None
        assert victim.stderr is not None
        folder = Path(victim.stdout.readline().strip())
        # The keeper writes its errors to the same pipe, so the pipe ends when the keeper does.
        assert victim.stderr.read() == ""
    assert victim.returncode == -signal.SIGKILL
    assert folder.name
    assert not folder.exists()


def test_a_test_has_a_database_of_its_own(database_url: str) -> None:
    with closing(Database(database_url)) as database, database.write() as tx:
        tx.execute(text("CREATE TABLE only_here (id integer)"))


def test_a_test_sees_nothing_of_another(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        assert not inspect(database.engine).has_table("only_here")
        assert inspect(database.engine).has_table("registry")


def test_tests_stay_on_loopback() -> None:
    with socket.socket() as listener, pytest.raises(AssertionError, match="loopback"):
        listener.bind(("0.0.0.0", 0))  # noqa: S104 the address that must be refused
