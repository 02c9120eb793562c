"""`berth repository`: where images are pushed to. Named `registry/repository`."""

from typing import Annotated

import typer

from berth.cli import deletion, following, named, output, remote
from berth.cli.asking import DryRun, Yes
from berth.cli.deletion import Everything
from berth.cli.output import Format, Limit, Output
from berth.cli.place import managed
from berth.cli.remote import Remote

app = typer.Typer(help="Repositories.", no_args_is_help=True)

COLUMNS = ("path", "description", "state", "created_by", "created_at")

Path = Annotated[str, typer.Argument(help="registry/repository", metavar="PATH")]
Description = Annotated[str, typer.Option(help="Up to 255 characters.")]


@app.command()
@managed
def create(api: Remote, path: Path, *, description: Description = "", output_format: Output = Format.TABLE) -> None:
    """Create a repository, ready to be pushed to."""
    registry, name = named.split(path)
    made = api.post(named.inside(registry), {"name": name, "description": description})
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
    found = [row for name in registries for row in api.every(named.inside(name), limit=limit)]
    output.rows(found[:limit], output_format, columns=COLUMNS)


@app.command()
@managed
def show(api: Remote, path: Path, *, output_format: Output = Format.TABLE) -> None:
    """Show a repository with the policies that new images copy."""
    output.one(api.get(named.repository(path)), output_format)


@app.command()
@managed
def edit(
    api: Remote,
    path: Path,
    *,
    description: Annotated[str | None, typer.Option(help="Up to 255 characters.")] = None,
    immutable_tags: Annotated[
        str | None, typer.Option(help="Expression of the tags that are never moved, as 'release-*'. '' ends it.")
    ] = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Change a repository; what is not given stays. `berth policy` changes its policies."""
    given = remote.told({"description": description, "immutable_tags": immutable_tags})
    output.one(api.patch(named.repository(path), given), output_format)


@app.command()
@managed
def delete(
    api: Remote,
    path: Path,
    *,
    everything: Everything = False,
    dry_run: DryRun = False,
    wait: following.Wait = True,
    yes: Yes = False,
) -> None:
    """Delete an empty repository, or one with everything inside."""
    deletion.place(
        api, named.repository(path), path, "repository", everything=everything, dry_run=dry_run, wait=wait, yes=yes
    )
