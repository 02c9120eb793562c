import io
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from berth import cli
from tests import databases, serving
from tests.client import Image
from tests.long import long
from tests.serving import Server


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # Any: JSON
        return json.loads(self.out)

    @property
    def line(self) -> str:
        """The one line on standard error."""
        assert self.err.count("\n") == 1, self.err
        assert self.out == ""
        return self.err.strip()


class Command:
    """Runs `berth` in this process, as the console script does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: str, stdin: str = "") -> Done:
        self._monkeypatch.setattr(sys, "argv", ["berth", *words])
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as left:
            cli.main()
        captured = self._capsys.readouterr()
        return Done(int(left.value.code or 0), captured.out, captured.err)

    def succeeds(self, *words: str, stdin: str = "") -> Done:
        done = self(*words, stdin=stdin)
        assert done.code == 0, done
        return done


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=long)])
def database_url(request: pytest.FixtureRequest) -> str:
    """What a command does is done by the rooms, which are tried on both; here the long run does so again."""
    return databases.url_of(request)


@pytest.fixture
def berth(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str, tmp_path: Path
) -> Command:
    """The command, with a database to work on."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in [name for name in os.environ if name.startswith("BERTH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BERTH_DATABASE_URL", database_url)
    monkeypatch.setenv("BERTH_STORAGE_URL", "memory:")
    return Command(monkeypatch, capsys)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real one for a whole module."""
    with serving.served(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    """A key of its administrator."""
    made = json.loads(server.berth("key", "create", "admin", "--output", "json"))
    return f"{made['id']}:{made['secret']}"


@pytest.fixture
def on_server(
    server: Server, key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """The command, working on the server."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("BERTH_SERVER", server.url)
    monkeypatch.setenv("BERTH_KEY", key)
    return Command(monkeypatch, capsys)


@pytest.fixture
def on_database(server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command, working on the database that the server has."""
    monkeypatch.setenv("BERTH_DATA", str(server.folder / "data"))
    return Command(monkeypatch, capsys)


@pytest.fixture
def image(server: Server, request: pytest.FixtureRequest) -> Image:
    """An image of the test's own, still without anything."""
    name = "".join(letter for letter in request.node.name if letter.isalnum())[-60:]
    return server.client().image(f"main/apps/{name}")
