"""`berth registry`: the top of the tree."""

from enum import StrEnum
from typing import Annotated

import typer

from berth.cli import deletion, following, output, remote
from berth.cli.asking import DryRun, Yes
from berth.cli.deletion import Everything
from berth.cli.output import Format, Limit, Output
from berth.cli.place import managed
from berth.cli.remote import Remote

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
PrivateListener = Annotated[
    str | None,
    typer.Option(
        help="Listener that the private endpoint has to itself, by its name in BERTH_LISTENERS. '' removes it."
    ),
]
PublicListener = Annotated[str | None, typer.Option(help="The same for the public endpoint.")]
PublicEndpoint = Annotated[
    bool | None, typer.Option("--public-endpoint/--no-public-endpoint", help="Public endpoint on or off.")
]
CreateOnPush = Annotated[
    bool | None, typer.Option("--create-on-push/--no-create-on-push", help="Whether a push creates its repository.")
]


@app.command()
@managed
def create(
    api: Remote,
    name: Name,
    *,
    visibility: Annotated[
        Visibility, typer.Option(help="public lets anybody pull; it cannot be changed later.")
    ] = Visibility.PRIVATE,
    description: Description = None,
    private_host: PrivateHost = None,
    public_host: PublicHost = None,
    private_listener: PrivateListener = None,
    public_listener: PublicListener = None,
    public_endpoint: PublicEndpoint = None,
    create_on_push: CreateOnPush = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Create a registry."""
    given = {
        "description": description,
        "private_host": private_host,
        "public_host": public_host,
        "private_listener": private_listener,
        "public_listener": public_listener,
        "public_endpoint": public_endpoint,
        "create_on_push": create_on_push,
    }
    made = api.post("/registries", {"name": name, "visibility": visibility, **remote.told(given)})
    output.one(made, output_format)


@app.command("list")
@managed
def list_(api: Remote, *, limit: Limit = None, output_format: Output = Format.TABLE) -> None:
    """List all registries."""
    output.rows(api.every("/registries", limit=limit), output_format, columns=COLUMNS)


@app.command()
@managed
def show(api: Remote, name: Name, *, output_format: Output = Format.TABLE) -> None:
    """Show a registry."""
    output.one(api.get(remote.path("registries", name)), output_format)


@app.command()
@managed
def edit(
    api: Remote,
    name: Name,
    *,
    description: Description = None,
    private_host: PrivateHost = None,
    public_host: PublicHost = None,
    private_listener: PrivateListener = None,
    public_listener: PublicListener = None,
    public_endpoint: PublicEndpoint = None,
    create_on_push: CreateOnPush = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Change a registry; what is not given stays."""
    given = {
        "description": description,
        "private_host": private_host,
        "public_host": public_host,
        "private_listener": private_listener,
        "public_listener": public_listener,
        "public_endpoint": public_endpoint,
        "create_on_push": create_on_push,
    }
    output.one(api.patch(remote.path("registries", name), remote.told(given)), output_format)


@app.command()
@managed
def delete(
    api: Remote,
    name: Name,
    *,
    everything: Everything = False,
    dry_run: DryRun = False,
    wait: following.Wait = True,
    yes: Yes = False,
) -> None:
    """Delete an empty registry, or one with everything inside."""
    address = remote.path("registries", name)
    deletion.place(api, address, name, "registry", everything=everything, dry_run=dry_run, wait=wait, yes=yes)
