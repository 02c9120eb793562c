"""`berth repository`: where images are pushed to. Named `registry/repository`."""

from typing import Annotated

import typer

from berth.cli import output, remote
from berth.cli.output import Format, Limit, Output
from berth.cli.place import managed
from berth.cli.remote import Remote
from berth.words.errors import NameInvalid

app = typer.Typer(help="Repositories.", no_args_is_help=True)

COLUMNS = ("path", "description", "state", "created_by", "created_at")

Path = Annotated[str, typer.Argument(help="registry/repository", metavar="PATH")]
Description = Annotated[str, typer.Option(help="Up to 255 characters.")]


@app.command()
@managed
def create(api: Remote, path: Path, *, description: Description = "", output_format: Output = Format.TABLE) -> None:
    """Create a repository, ready to be pushed to."""
    registry, name = split(path)
    made = api.post(inside(registry), {"name": name, "description": description})
    output.one(made, output_format)


@app.command("list")
@managed
def list_(
    api: Remote,
    registry: Annotated[str | None, typer.Argument(help="Only those of this registry.")] = None,
    *,
    limit: Limit = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List repositories."""
    registries = [found["name"] for found in api.each("/registries")] if registry is None else [registry]
    found = [row for name in registries for row in api.every(inside(name), limit=limit)]
    output.rows(found[:limit], output_format, columns=COLUMNS)


@app.command()
@managed
def show(api: Remote, path: Path, *, output_format: Output = Format.TABLE) -> None:
    """Show a repository with the policies that new images copy."""
    output.one(api.get(address(path)), output_format)


@app.command()
@managed
def edit(api: Remote, path: Path, *, description: Description, output_format: Output = Format.TABLE) -> None:
    """Change a repository's description."""
    output.one(api.patch(address(path), {"description": description}), output_format)


@app.command()
@managed
def delete(api: Remote, path: Path) -> None:
    """Delete an empty repository."""
    api.delete(address(path))
    typer.echo(f"repository {path} deleted")


def split(path: str) -> tuple[str, str]:
    """Raises `NameInvalid`."""
    registry, slash, repository = path.partition("/")
    if not slash or "/" in repository:
        raise NameInvalid("repository path", path, "it reads registry/repository")
    return registry, repository


def inside(registry: str) -> str:
    """Where the repositories of a registry are."""
    return remote.path("registries", registry, "repositories")


def address(path: str) -> str:
    """Raises `NameInvalid`."""
    registry, repository = split(path)
    return f"{inside(registry)}{remote.path(repository)}"
