"""Locking and unlocking: options and rows that images and digests share."""

from datetime import datetime
from typing import Annotated

import typer

from berth.cli import deletion, output
from berth.cli.output import Format
from berth.cli.remote import Facts

COLUMNS = ("digest", "done", "reason")

Reason = Annotated[str, typer.Option(help="Up to 255 characters.")]
Until = Annotated[datetime | None, typer.Option(help="When the lock ends, here; without it, never.")]


def given(reason: str, until: datetime | None) -> Facts:
    ends = {} if until is None else {"until": output.instant(until)}
    return {"reason": reason, **ends}


def outcomes(answer: Facts, output_format: Format) -> None:
    """Print what became of each. Raises `Refused` if any was left as it was."""
    items = answer["items"]
    rows = [{**item, "reason": "" if item["problem"] is None else item["problem"]["detail"]} for item in items]
    output.rows([{name: row[name] for name in COLUMNS} for row in rows], output_format, columns=COLUMNS)
    deletion.none_refused(items)
