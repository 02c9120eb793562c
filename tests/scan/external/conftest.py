import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.scan.external.adapters import Plan, Running, running
from tests.scan.external.fakes import Fifo


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[Fifo]:
    made = Fifo.at(tmp_path / "fifo")
    yield made
    os.close(made.reading)


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Callable[[Plan], Running]]:
    """Starts an adapter that answers as planned, until the test ends."""
    with ExitStack() as open_:
        yield lambda plan: open_.enter_context(running(plan, tmp_path))
