"""The `berth` command: all its words in one place, and what becomes of refusals."""

import sys

import typer
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, DBAPIError

from berth.cli import (
    audit,
    digest,
    grant,
    image,
    key,
    operation,
    policy,
    registry,
    repository,
    scan,
    tag,
    trash,
    user,
    vulndb,
    waiver,
)
from berth.cli.login import login, logout
from berth.cli.migrate import migrate
from berth.cli.remote import Refused
from berth.cli.serve import serve
from berth.cli.settings import settings
from berth.cli.worker import worker
from berth.migrations import DatabaseNewerError
from berth.scan.chosen import ScannersInvalid
from berth.serving import PortInUseError
from berth.settings import PREFIX, UnknownSettingError
from berth.words.errors import Access, Conflict, Invalid, Refusal, Unknown

EXITS = {Invalid: 2, Unknown: 3, Conflict: 4, Access: 5}
"""Exit codes by the family of the refusal; 1 is everything else. `remote.EXITS` has them by status."""

app = typer.Typer(
    name="berth",
    help="A container registry you run yourself.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(serve)
app.command()(migrate)
app.command()(settings)
app.command()(login)
app.command()(logout)
app.add_typer(user.app, name="user")
app.add_typer(key.app, name="key")
app.add_typer(grant.app, name="grant")
app.command()(worker)
app.add_typer(registry.app, name="registry")
app.add_typer(repository.app, name="repository")
app.add_typer(image.app, name="image")
app.add_typer(digest.app, name="digest")
app.add_typer(tag.app, name="tag")
app.add_typer(policy.app, name="policy")
app.add_typer(trash.app, name="trash")
app.add_typer(scan.app, name="scan")
app.add_typer(vulndb.app, name="vulndb")
app.add_typer(waiver.app, name="waiver")
app.add_typer(operation.app, name="operation")
app.add_typer(audit.app, name="audit")


def main() -> None:
    """Run a command; whatever is refused is one clear line on standard error."""
    try:
        app()
    except Refusal as refusal:
        _leave(str(refusal), next((code for family, code in EXITS.items() if isinstance(refusal, family)), 1))
    except Refused as refused:
        _leave(str(refused), refused.exit_code)
    except UnicodeError:
        _leave("what was typed is no valid UTF-8", 2)
    except ValidationError as error:
        _leave("; ".join(_problem(item["loc"], item["msg"]) for item in error.errors()), 2)
    except (UnknownSettingError, ScannersInvalid) as error:
        _leave(str(error), 2)
    except (DatabaseNewerError, PortInUseError) as error:
        _leave(str(error), 1)
    except ArgumentError as error:
        _leave(f"{PREFIX}DATABASE_URL: {error}", 2)
    except DBAPIError as error:
        _leave(f"the database cannot be used: {_first_line(error.orig)}", 1)
    except OSError as error:
        _leave(str(error), 1)


def _problem(where: tuple[int | str, ...], message: str) -> str:
    """What is wrong with a setting, or with several that do not go together."""
    said = message.removeprefix("Value error, ")
    return f"{PREFIX}{str(where[0]).upper()}: {said}" if where else said


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0]


def _leave(message: str, code: int) -> None:
    sys.stdout.flush()
    typer.echo(f"berth: {message}", err=True)
    raise SystemExit(code)
