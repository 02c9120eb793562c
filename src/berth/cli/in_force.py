"""The settings in force, with secrets hidden."""

import re
from pathlib import Path

from pydantic import SecretStr

from berth.cli.remote import Facts
from berth.settings import PREFIX, Settings, load

HIDDEN = "********"

# All between the first colon of the user part and the last '@': rather too much is hidden than too little.
_PASSWORD = re.compile(r"(?<=://)([^:/@]*:).*(?=@)")
_PARAMETER = re.compile(r"([?&][^=&]*(?:password|secret|token|key|credential)[^=&]*=)[^&]*", re.IGNORECASE)


def rows(data: Path | None) -> list[Facts]:
    """Each setting, and whether it was set."""
    found = load(data=data)
    return [
        {"setting": f"{PREFIX}{name.upper()}", "value": shown(found, name), "set": name in found.model_fields_set}
        for name in Settings.model_fields
    ]


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
