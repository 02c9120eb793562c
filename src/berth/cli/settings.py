"""`berth settings`: what is in force, with secrets hidden."""

import re

import typer
from pydantic import SecretStr

from berth.cli import output
from berth.cli.output import Format, Output
from berth.cli.place import Data
from berth.settings import PREFIX, Settings, load

HIDDEN = "********"
COLUMNS = ("setting", "value", "set")

# All between the first colon of the user part and the last '@': rather too much is hidden than too little.
_PASSWORD = re.compile(r"(?<=://)([^:/@]*:).*(?=@)")
_PARAMETER = re.compile(r"([?&][^=&]*(?:password|secret|token|key|credential)[^=&]*=)[^&]*", re.IGNORECASE)


def settings(*, data: Data = None, output_format: Output = Format.TABLE) -> None:
    """Show the settings in force, and which of them were set."""
    found = load(data=data)
    rows = [
        {"setting": f"{PREFIX}{name.upper()}", "value": shown(found, name), "set": name in found.model_fields_set}
        for name in Settings.model_fields
    ]
    output.rows(rows, output_format, columns=COLUMNS)
    if output_format is Format.TABLE:
        typer.echo("docs/settings.md says what each of them is for.", err=True)


def shown(found: Settings, name: str) -> object:
    """The value as it works, with nothing in it that should not be seen."""
    value = {"database_url": found.database, "storage_url": found.storage}.get(name) or getattr(found, name)
    if isinstance(value, SecretStr):
        return HIDDEN
    if isinstance(value, str):
        return _PARAMETER.sub(rf"\g<1>{HIDDEN}", _PASSWORD.sub(rf"\g<1>{HIDDEN}", value))
    if isinstance(value, tuple):
        return [str(item) for item in value]
    return value if isinstance(value, int | None) else str(value)
