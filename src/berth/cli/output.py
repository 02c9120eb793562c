"""What commands print: a table for people, JSON for programs."""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from berth.words import text, time

WIDE = 10_000

INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z")

Facts = Mapping[str, Any]  # Any: JSON values


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"


Output = Annotated[Format, typer.Option("--output", "-o", help="A table for people or JSON for programs.")]
To = Annotated[Path | None, typer.Option("--to", help="A file; without it, standard output.")]
Limit = Annotated[int | None, typer.Option(min=1, help="The most that are listed; without it, all.")]


def pieces(found: Iterable[bytes], to: Path | None) -> None:
    """Write what is to be byte for byte: to a file, or to standard output."""
    if to is not None:
        with to.open("wb") as out:
            out.writelines(found)
        return
    sys.stdout.flush()
    for piece in found:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def instant(value: datetime) -> str:
    """For the API: people write times of where they are."""
    return time.text(value.astimezone())


def rows(found: Sequence[Facts], output: Format, *, columns: Sequence[str]) -> None:
    """Print a list. JSON carries every fact, the table these columns."""
    if output is Format.JSON:
        _print_json(list(found))
        return
    from rich.console import Console  # noqa: PLC0415  only a table needs it
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="")
    for column in columns:
        table.add_column(column.replace("_", " ").upper(), overflow="fold")
    for row in found:
        table.add_row(*[_text(row.get(column)) for column in columns])
    # A terminal folds what is too long for it; a file or pipe gets each row in one line.
    width = None if sys.stdout.isatty() else WIDE
    Console(highlight=False, markup=False, soft_wrap=True, width=width).print(table)


def one(found: Facts, output: Format) -> None:
    """Print one thing with all its facts."""
    if output is Format.JSON:
        _print_json(found)
        return
    lines = {text.shown(name.replace("_", " ")): value for name, value in _lines(found)}
    width = max((len(name) for name in lines), default=0)
    for name, value in lines.items():
        typer.echo(f"{name:{width}}  {_text(value)}")


def _lines(found: Facts, above: str = "") -> Iterator[tuple[str, object]]:
    """Facts within facts get a line each."""
    for name, value in found.items():
        if isinstance(value, dict) and value:
            yield from _lines(value, f"{above}{name} ")
        else:
            yield above + name, value


def _print_json(document: object) -> None:
    typer.echo(text.shown_json(json.dumps(document, indent=2, ensure_ascii=False)))


def _text(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(_text(item) for item in value) or "-"
        case dict():
            return text.shown(str(value.get("digest") or value.get("image") or json.dumps(value)))
    return INSTANT.sub(r"\1 \2Z", text.shown(str(value)))
