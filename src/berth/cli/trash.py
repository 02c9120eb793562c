"""`berth trash`: what was deleted, for as long as it is kept.

A repository's trash has digests and images, a registry's has repositories, and `/` has registries.
"""

from typing import Annotated

import typer

from berth.cli import asking, following, named, output, remote
from berth.cli.asking import DryRun, Yes
from berth.cli.output import Format, Limit, Output
from berth.cli.place import managed
from berth.cli.remote import Facts, Remote
from berth.cli.tag import pairs
from berth.words.errors import FieldInvalid

app = typer.Typer(help="What was deleted and can be restored.", no_args_is_help=True)

COLUMNS = ("id", "image", "digest", "tags", "kind", "deleted_by", "deleted_at", "purge_at", "batch")
OF_PLACES = ("id", "kind", "path", "images", "deleted_by", "deleted_at", "purge_at")
REGISTRIES = "/"

Place = Annotated[
    str,
    typer.Argument(
        help="registry/repository for its images and digests, registry for its repositories, / for registries.",
        metavar="PLACE",
    ),
]
Ids = Annotated[list[int], typer.Argument(help="Numbers that `berth trash list` shows.", metavar="ID...")]


@app.command("list")
@managed
def list_(
    api: Remote,
    place: Place = REGISTRIES,
    *,
    image: Annotated[str | None, typer.Option(help="Only what was in this image: its name in the repository.")] = None,
    limit: Limit = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List what can be restored, the last deleted first."""
    given = {} if image is None else {"image": image}
    found = api.every(_where(place), limit=limit, **given)
    output.rows(found, output_format, columns=COLUMNS if _is_repository(place) else OF_PLACES)


@app.command()
@managed
def restore(
    api: Remote,
    place: Place,
    ids: Annotated[
        list[int] | None, typer.Argument(help="Numbers that `berth trash list` shows.", metavar="[ID...]")
    ] = None,
    *,
    batch: Annotated[str | None, typer.Option(help="All that was deleted together, instead of numbers.")] = None,
    rename: Annotated[
        list[str] | None, typer.Option(metavar="OLD=NEW", help="For a tag that is in use by now. Several times.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="For a registry or repository whose name is in use by now.")] = None,
    wait: following.Wait = True,
    output_format: Output = Format.TABLE,
) -> None:
    """Restore digests of one image with their tags and locks, or a repository or registry with all its images."""
    if not _is_repository(place):
        _restore_place(api, place, ids or [], name, wait=wait, output_format=output_format)
        return
    given: Facts = {"rename": pairs(rename)}
    if ids:
        given["ids"] = ids
    if batch is not None:
        given["batch"] = batch
    output.one(api.post(f"{_where(place)}/restore", given), output_format)


@app.command()
@managed
def purge(api: Remote, place: Place, ids: Ids, *, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Give up for good what is in the trash, before its time is over."""
    if dry_run:
        for entry in _entries(api, place, ids):
            typer.echo(f"{_name(entry)} could never be restored again")
        return
    asking.sure(f"Give up {len(ids)} of {place} for good?", yes=yes)
    api.post(f"{_where(place)}/discard", {"ids": ids})
    typer.echo(f"given up for good: {', '.join(map(str, ids))}")


def _restore_place(
    api: Remote, place: str, ids: list[int], name: str | None, *, wait: bool, output_format: Format
) -> None:
    """Raises `FieldInvalid`, `Refused`."""
    if len(ids) != 1:
        raise FieldInvalid("ids", "one repository or registry is restored at a time")
    answer: Facts = api.post(f"{_where(place)}/restore", remote.told({"id": ids[0], "name": name}))
    output.one(answer, output_format)
    if answer["operation"] is not None and wait:
        following.well_ended(following.operation(api, answer["operation"]))


def _is_repository(place: str) -> bool:
    return "/" in place.strip("/")


def _where(place: str) -> str:
    """Raises `NameInvalid`."""
    if place == REGISTRIES:
        return "/trash"
    above = named.repository(place) if _is_repository(place) else remote.path("registries", place)
    return f"{above}/trash"


def _name(entry: Facts) -> str:
    return str(entry["path"]) if "path" in entry else f"{entry['image']}@{entry['digest']}"


def _entries(api: Remote, place: str, ids: list[int]) -> list[Facts]:
    """Raises `FieldInvalid`."""
    found = {entry["id"]: entry for entry in api.each(_where(place)) if entry["id"] in ids}
    for number in ids:
        if number not in found:
            raise FieldInvalid("ids", f"the trash of {place} has no {number}")
    return [found[number] for number in ids]
