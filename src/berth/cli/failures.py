"""What a command says of errors by the settings and the database that it works with."""

from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, DBAPIError

from berth.migrations import DatabaseNewerError
from berth.scan.chosen import ScannersInvalid
from berth.settings import PREFIX, UnknownSettingError


def told(error: Exception) -> tuple[str, int] | None:
    """One line and the exit code, or none for a defect of Berth."""
    match error:
        case ValidationError():
            return "; ".join(_problem(item["loc"], item["msg"]) for item in error.errors()), 2
        case UnknownSettingError() | ScannersInvalid():
            return str(error), 2
        case DatabaseNewerError():
            return str(error), 1
        case ArgumentError():
            return f"{PREFIX}DATABASE_URL: {error}", 2
        case DBAPIError():
            return f"the database cannot be used: {_first_line(error.orig)}", 1
    return None


def _problem(where: tuple[int | str, ...], message: str) -> str:
    """What is wrong with a setting, or with several that do not go together."""
    said = message.removeprefix("Value error, ")
    return f"{PREFIX}{str(where[0]).upper()}: {said}" if where else said


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0]
