"""`berth repository`: where images are pushed to. Named `registry/repository`."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from berth.cli import output, place
from berth.cli.output import Format, Output
from berth.cli.place import Data
from berth.registry import repositories
from berth.registry.repositories import Repository
from berth.words.errors import NameInvalid

app = typer.Typer(help="Repositories.", no_args_is_help=True)

COLUMNS = ("path", "description", "state", "created_by", "created_at")

Path = Annotated[str, typer.Argument(help="registry/repository", metavar="PATH")]
Description = Annotated[str, typer.Option(help="Up to 255 characters.")]


@app.command()
def create(
    path: Path, *, description: Description = "", data: Data = None, output_format: Output = Format.TABLE
) -> None:
    """Create a repository, ready to be pushed to."""
    with place.opened(data) as site, site.db.write() as tx:
        made = repositories.create(tx, place.actor(), *split(path), at=site.now(), description=description)
    output.one(_facts(made), output_format)


@app.command("list")
def list_(
    registry: Annotated[str | None, typer.Argument(help="Only those of this registry.")] = None,
    *,
    data: Data = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List repositories."""
    with place.opened(data) as site, site.db.read() as tx:
        found = repositories.of_registry(tx, registry)
    output.rows([_facts(repository) for repository in found], output_format, columns=COLUMNS)


@app.command()
def show(path: Path, *, data: Data = None, output_format: Output = Format.TABLE) -> None:
    """Show a repository with the policies that new images copy."""
    with place.opened(data) as site, site.db.read() as tx:
        found = repositories.find(tx, *split(path))
    output.one(_facts(found), output_format)


@app.command()
def edit(path: Path, *, description: Description, data: Data = None, output_format: Output = Format.TABLE) -> None:
    """Change a repository's description."""
    with place.opened(data) as site, site.db.write() as tx:
        found = repositories.edit(tx, place.actor(), *split(path), at=site.now(), description=description)
    output.one(_facts(found), output_format)


@app.command()
def delete(path: Path, *, data: Data = None) -> None:
    """Delete an empty repository."""
    with place.opened(data) as site, site.db.write() as tx:
        repositories.remove(tx, place.actor(), *split(path), at=site.now())
    typer.echo(f"repository {path} deleted")


def split(path: str) -> tuple[str, str]:
    """Raises `NameInvalid`."""
    registry, slash, repository = path.partition("/")
    if not slash or "/" in repository:
        raise NameInvalid("repository path", path, "it reads registry/repository")
    return registry, repository


def _facts(found: Repository) -> dict[str, Any]:  # Any: JSON values and instants
    facts = asdict(found)
    policies = facts.pop("policies")
    return {"path": found.path, **facts, **{f"policy_{name}": value for name, value in policies.items()}}
