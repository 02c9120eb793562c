"""`berth registry`: the top of the tree."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import typer

from berth.cli import output, place
from berth.cli.output import Format, Output
from berth.cli.place import Data
from berth.registry import registries

app = typer.Typer(help="Registries.", no_args_is_help=True)

COLUMNS = ("name", "visibility", "private_host", "public_host", "public_endpoint", "create_on_push", "state")


class Visibility(StrEnum):
    PRIVATE = "private"
    PUBLIC = "public"


Name = Annotated[str, typer.Argument(help="3 to 25 lower-case letters and digits, beginning with a letter.")]
Description = Annotated[str | None, typer.Option(help="Up to 255 characters.")]
PrivateHost = Annotated[
    str | None,
    typer.Option(help="Host name of the private endpoint; names there read repository/image. '' removes it."),
]
PublicHost = Annotated[str | None, typer.Option(help="Host name of the public endpoint. '' removes it.")]
PublicEndpoint = Annotated[
    bool | None, typer.Option("--public-endpoint/--no-public-endpoint", help="Public endpoint on or off.")
]
CreateOnPush = Annotated[
    bool | None, typer.Option("--create-on-push/--no-create-on-push", help="Whether a push creates its repository.")
]


@app.command()
def create(
    name: Name,
    *,
    visibility: Annotated[
        Visibility, typer.Option(help="public lets anybody pull; it cannot be changed later.")
    ] = Visibility.PRIVATE,
    description: Description = None,
    private_host: PrivateHost = None,
    public_host: PublicHost = None,
    public_endpoint: PublicEndpoint = None,
    create_on_push: CreateOnPush = None,
    data: Data = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Create a registry."""
    with place.opened(data) as site, site.db.write() as tx:
        made = registries.create(
            tx,
            place.actor(),
            name,
            at=site.now(),
            visibility=visibility,
            description=description or "",
            private_host=private_host,
            public_host=public_host,
            public_endpoint=bool(public_endpoint),
            create_on_push=bool(create_on_push),
        )
    output.one(asdict(made), output_format)


@app.command("list")
def list_(*, data: Data = None, output_format: Output = Format.TABLE) -> None:
    """List all registries."""
    with place.opened(data) as site, site.db.read() as tx:
        found = registries.every(tx)
    output.rows([asdict(registry) for registry in found], output_format, columns=COLUMNS)


@app.command()
def show(name: Name, *, data: Data = None, output_format: Output = Format.TABLE) -> None:
    """Show a registry."""
    with place.opened(data) as site, site.db.read() as tx:
        found = registries.find(tx, name)
    output.one(asdict(found), output_format)


@app.command()
def edit(
    name: Name,
    *,
    description: Description = None,
    private_host: PrivateHost = None,
    public_host: PublicHost = None,
    public_endpoint: PublicEndpoint = None,
    create_on_push: CreateOnPush = None,
    data: Data = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Change a registry; what is not given stays."""
    given = {
        "description": description,
        "private_host": private_host,
        "public_host": public_host,
        "public_endpoint": public_endpoint,
        "create_on_push": create_on_push,
    }
    with place.opened(data) as site, site.db.write() as tx:
        changed: dict[str, Any] = {field: value for field, value in given.items() if value is not None}  # Any: fields
        found = registries.edit(tx, place.actor(), name, at=site.now(), **changed)
    output.one(asdict(found), output_format)


@app.command()
def delete(name: Name, *, data: Data = None) -> None:
    """Delete an empty registry."""
    with place.opened(data) as site, site.db.write() as tx:
        registries.remove(tx, place.actor(), name, at=site.now())
    typer.echo(f"registry {name} deleted")
