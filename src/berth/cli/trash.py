"""`berth trash`: what was deleted in a repository, for as long as it is kept."""

from typing import Annotated

import typer

from berth.cli import asking, named, output
from berth.cli.asking import DryRun, Yes
from berth.cli.named import RepositoryPath
from berth.cli.output import Format, Limit, Output
from berth.cli.place import managed
from berth.cli.remote import Facts, Remote
from berth.cli.tag import pairs
from berth.words.errors import FieldInvalid

app = typer.Typer(help="What was deleted and can be restored.", no_args_is_help=True)

COLUMNS = ("id", "image", "digest", "tags", "kind", "deleted_by", "deleted_at", "purge_at", "batch")

Ids = Annotated[list[int], typer.Argument(help="Numbers that `berth trash list` shows.", metavar="ID...")]


@app.command("list")
@managed
def list_(
    api: Remote,
    repository: RepositoryPath,
    *,
    image: Annotated[str | None, typer.Option(help="Only what was in this image: its name in the repository.")] = None,
    limit: Limit = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List what can be restored, the last deleted first."""
    found = api.every(f"{named.repository(repository)}/trash", limit=limit, image=image)
    output.rows(found, output_format, columns=COLUMNS)


@app.command()
@managed
def restore(
    api: Remote,
    repository: RepositoryPath,
    ids: Annotated[
        list[int] | None, typer.Argument(help="Numbers that `berth trash list` shows.", metavar="[ID...]")
    ] = None,
    *,
    batch: Annotated[str | None, typer.Option(help="All that was deleted together, instead of numbers.")] = None,
    rename: Annotated[
        list[str] | None, typer.Option(metavar="OLD=NEW", help="For a name that is in use by now. Several times.")
    ] = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Restore digests of one image with their tags and locks."""
    given: Facts = {"rename": pairs(rename)}
    if ids:
        given["ids"] = ids
    if batch is not None:
        given["batch"] = batch
    output.one(api.post(f"{named.repository(repository)}/trash/restore", given), output_format)


@app.command()
@managed
def purge(api: Remote, repository: RepositoryPath, ids: Ids, *, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Give up for good what is in the trash, before its time is over."""
    if dry_run:
        for entry in _entries(api, repository, ids):
            typer.echo(f"{entry['image']}@{entry['digest']} could never be restored again")
        return
    asking.sure(f"Give up {len(ids)} of {repository} for good?", yes=yes)
    api.post(f"{named.repository(repository)}/trash/discard", {"ids": ids})
    typer.echo(f"given up for good: {', '.join(map(str, ids))}")


def _entries(api: Remote, repository: str, ids: list[int]) -> list[Facts]:
    """Raises `FieldInvalid`."""
    found = {entry["id"]: entry for entry in api.each(f"{named.repository(repository)}/trash") if entry["id"] in ids}
    for number in ids:
        if number not in found:
            raise FieldInvalid("ids", f"the trash of {repository} has no {number}")
    return [found[number] for number in ids]
