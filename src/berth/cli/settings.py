"""`berth settings`: what is in force, with secrets hidden."""

import typer

from berth.cli import output
from berth.cli.output import Format, Output
from berth.cli.place import Data

COLUMNS = ("setting", "value", "set")


def settings(*, data: Data = None, output_format: Output = Format.TABLE) -> None:
    """Show the settings in force, and which of them were set."""
    from berth.cli import in_force  # noqa: PLC0415  help needs no settings

    output.rows(in_force.rows(data), output_format, columns=COLUMNS)
    if output_format is Format.TABLE:
        typer.echo("docs/settings.md says what each of them is for.", err=True)
