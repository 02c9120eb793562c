"""Following an operation to its end, with a bar for whoever watches."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Annotated

import typer

from berth.cli import remote
from berth.cli.remote import Facts, Refused, Remote

SHORTEST_PAUSE = 0.05
LONGEST_PAUSE = 2.0

Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Whether to wait until it has ended.")]


def operation(api: Remote, operation_id: str) -> Facts:
    """The operation as it has ended."""
    return until_ended(api, remote.path("operations", operation_id))


def until_ended(api: Remote, where: str, title: str = "") -> Facts:
    """What is there, once it has ended, or waits for somebody."""
    pause = SHORTEST_PAUSE
    with _shown(title) as show:
        while True:
            found: Facts = api.get(where)
            show(found)
            if found["ended_at"] is not None or found["state"] == "waiting":
                return found
            if api.work is None or not api.work():
                time.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)


def well_ended(found: Facts) -> None:
    """Raises `Refused` for an operation that has failed."""
    if found["state"] == "failed":
        raise Refused(f"operation {found['id']} failed: {found['reason']}")


@contextlib.contextmanager
def _shown(title: str) -> Iterator[Callable[[Facts], None]]:
    """A bar on standard error, when that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _found: None
        return
    from rich.console import Console  # noqa: PLC0415  only who watches needs it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("waiting", total=None)

        def show(found: Facts) -> None:
            text = title or f"{found['kind']} in {found['target']}"
            progress.update(task, description=text, total=found.get("total") or None, completed=found.get("finished"))

        yield show
