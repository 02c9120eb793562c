"""A PostgreSQL server for one test process: made on first use, gone with the process that asked for it.

The server runs under a keeper, which is this module started as a program. The keeper reads its standard
input and, when that ends, stops the server and removes its folder. An input ends however its writer dies, so
nothing is left behind by a test process that crashed or was killed.
"""

import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests import packages

USER = "berth"

# Speed over safety: the data lives as long as the test run.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "log_min_messages": "fatal",
}


@dataclass(frozen=True)
class Server:
    """A running server, reached by the socket in its folder."""

    folder: Path

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{USER}@/{database}?host={self.folder}"

    def run(self, *statements: str) -> None:
        """For statements that stand outside any transaction, such as CREATE DATABASE."""
        with self.connected("postgres") as connection:
            for statement in statements:
                connection.execute(statement.encode())

    @contextlib.contextmanager
    def connected(self, database: str) -> Iterator[psycopg.Connection]:
        """Each statement is a transaction."""
        address = psycopg.conninfo.make_conninfo(host=str(self.folder), user=USER, dbname=database)
        with psycopg.connect(address, autocommit=True) as connection:
            yield connection


@contextlib.contextmanager
def server(settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """With these settings beside its own."""
    # A session of its own keeps the terminal's Ctrl-C from the keeper before the tests have ended.
    keeper = subprocess.Popen(
        [sys.executable, "-m", "tests.postgres", json.dumps(dict(settings or {}))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    with keeper:  # leaving the block closes the input and waits
        assert keeper.stdout is not None
        folder = keeper.stdout.readline().strip()
        if not folder:
            raise RuntimeError("PostgreSQL did not start; its keeper's words are above")
        yield Server(Path(folder))


def keep(settings: Mapping[str, str]) -> None:
    """The keeper's whole life. Signals are ignored: only the end of its input ends it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    folder = Path(tempfile.mkdtemp(prefix="berth-pg-"))
    try:
        _serve_until_input_ends(folder, SETTINGS | dict(settings))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serve_until_input_ends(folder: Path, settings: Mapping[str, str]) -> None:
    owner = _owner()
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data = folder / "data"
    _run(
        owner,
        folder,
        "initdb",
        "--no-sync",
        "--no-instructions",
        "--auth=trust",
        "--locale=C.UTF-8",
        "--encoding=UTF8",
        "-U",
        USER,
        "-D",
        str(data),
    )
    with (data / "postgresql.auto.conf").open("a") as configuration:
        configuration.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        configuration.write(f"unix_socket_directories = '{folder}'\n")
    _run(owner, folder, "pg_ctl", "start", "--wait", "--silent", "-D", str(data), "-l", str(folder / "log"))
    try:
        print(folder, flush=True)
        sys.stdin.read()
    finally:
        _run(owner, folder, "pg_ctl", "stop", "--wait", "--silent", "--mode=immediate", "-D", str(data))


def _owner() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root; another user stands in."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres")
    return pwd.getpwnam("nobody")


def _run(owner: pwd.struct_passwd | None, folder: Path, program: str, *words: str) -> None:
    path = packages.find(program)
    assert path is not None, f"{program} is not installed"
    done = subprocess.run(
        [path, *words],
        cwd=folder,  # the caller's own folder may be closed to the other user
        user=owner and owner.pw_uid,
        group=owner and owner.pw_gid,
        extra_groups=[] if owner else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode != 0:
        sys.stderr.write(done.stderr.decode(errors="replace"))
        sys.exit(f"{program} failed with {done.returncode}")


if __name__ == "__main__":
    keep(json.loads(sys.argv[1]))
