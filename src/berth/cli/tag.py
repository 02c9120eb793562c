"""`berth tag`: names of digests in an image."""

from datetime import datetime
from typing import Annotated

import typer

from berth.cli import asking, named, output, remote
from berth.cli.asking import DryRun, Yes
from berth.cli.named import Digest, ImagePath, Tag
from berth.cli.output import Format, Limit, Output
from berth.cli.place import managed
from berth.cli.remote import Remote
from berth.words.errors import FieldInvalid

app = typer.Typer(help="Tags of an image.", no_args_is_help=True)

COLUMNS = ("name", "digest", "state", "edited_by", "edited_at")
CHANGES = ("name", "before", "after", "moves")
SPANS = ("name", "digest", "since", "until", "by", "why")


@app.command("list")
@managed
def list_(
    api: Remote,
    image: ImagePath,
    *,
    name: Annotated[str | None, typer.Option(help="Only those with this in their name.")] = None,
    restricted: Annotated[
        bool | None, typer.Option("--restricted/--unrestricted", help="Only those that may not be pulled now, or may.")
    ] = None,
    sort: Annotated[str | None, typer.Option(help="name, created_at or edited_at; -edited_at turns it.")] = None,
    limit: Limit = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List the tags of an image, as people count: 6.0.9 before 6.0.10."""
    asked = {"name": name, "restricted": restricted, "sort": sort}
    found = api.every(named.image(image, "tags"), limit=limit, **remote.told(asked))
    output.rows(found, output_format, columns=COLUMNS)


@app.command()
@managed
def edit(
    api: Remote,
    image: ImagePath,
    digest: Digest,
    *,
    add: Annotated[list[str] | None, typer.Option(metavar="TAG", help="A name that is free. Several times.")] = None,
    rename: Annotated[list[str] | None, typer.Option(metavar="OLD=NEW", help="A name it has. Several times.")] = None,
    move: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="A name to take from another digest. Several times.")
    ] = None,
    remove: Annotated[list[str] | None, typer.Option(metavar="TAG", help="A name it has. Several times.")] = None,
    dry_run: DryRun = False,
    output_format: Output = Format.TABLE,
) -> None:
    """Add, rename, move and remove names of a digest: all of it, or nothing."""
    given = {"add": add or [], "rename": pairs(rename), "move": move or [], "remove": remove or [], "dry_run": dry_run}
    answer = api.post(named.image(image, "digests", digest, "tags"), given)
    output.rows(answer["items"], output_format, columns=CHANGES)


@app.command()
@managed
def move(
    api: Remote,
    image: ImagePath,
    tag: Tag,
    digest: Digest,
    *,
    dry_run: DryRun = False,
    output_format: Output = Format.TABLE,
) -> None:
    """Let a tag, new or not, point at a digest."""
    answer = api.post(named.image(image, "digests", digest, "tags"), {"move": [tag], "dry_run": dry_run})
    output.rows(answer["items"], output_format, columns=CHANGES)


@app.command()
@managed
def remove(
    api: Remote,
    image: ImagePath,
    tags: Annotated[list[str], typer.Argument(help="The names.", metavar="TAG...")],
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Remove names one after another; their digests stay."""
    if not dry_run:
        asking.sure(f"Remove {', '.join(tags)} from {image}?", yes=yes)
    for tag in tags:
        if dry_run:
            typer.echo(f"tag {tag} of {image} would be removed from {_pointed_at(api, image, tag)}")
        else:
            api.delete(named.image(image, "tags", tag))
            typer.echo(f"tag {tag} of {image} removed")


@app.command()
@managed
def history(
    api: Remote, image: ImagePath, tag: Tag, *, limit: Limit = None, output_format: Output = Format.TABLE
) -> None:
    """List what a tag pointed at, from when to when, by whom and why."""
    output.rows(api.every(named.image(image, "tags", tag, "history"), limit=limit), output_format, columns=SPANS)


@app.command()
@managed
def restore(
    api: Remote,
    image: ImagePath,
    tag: Tag,
    *,
    at: Annotated[datetime, typer.Option(help="The time, here, of which the tag shall be as it was.")],
    dry_run: DryRun = False,
    output_format: Output = Format.TABLE,
) -> None:
    """Put a tag back to what it pointed at then."""
    given = {"at": output.instant(at), "dry_run": dry_run}
    output.rows([api.post(named.image(image, "tags", tag, "put-back"), given)], output_format, columns=CHANGES)


def pairs(given: list[str] | None) -> dict[str, str]:
    """Raises `FieldInvalid`."""
    found = {}
    for text in given or []:
        old, equals, new = text.partition("=")
        if not equals:
            raise FieldInvalid("rename", f"{text!r} does not read old=new")
        found[old] = new
    return found


def _pointed_at(api: Remote, image: str, tag: str) -> str:
    return str(api.get(named.image(image, "tags", tag))["digest"])
