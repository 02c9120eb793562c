"""The `berth` command: all its words in one place, and what becomes of refusals.

All words are imported at each start, for help and for a shell that completes them. What their work takes, such as the
settings, an HTTP client, the database or the server, is imported by the command that does it.
"""

import sys

import typer

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
from berth.words import text
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
    except OSError as error:
        _leave(str(error), 1)
    except Exception as error:
        from berth.cli import failures  # noqa: PLC0415  they are of what only some commands import

        failure = failures.told(error)
        if failure is None:
            raise
        _leave(*failure)


def _leave(message: str, code: int) -> None:
    sys.stdout.flush()
    said = "\n".join(map(text.shown, message.split("\n")))
    typer.echo(f"berth: {said}", err=True)
    raise SystemExit(code)
