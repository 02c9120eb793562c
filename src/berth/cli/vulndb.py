"""`berth vulndb`: the advisories that scans match with."""

import tempfile
import zipfile
from pathlib import Path
from typing import IO, Annotated

import typer

from berth.cli import asking, following, output, remote, scan_words
from berth.cli.asking import Yes
from berth.cli.output import Format, Limit, Output
from berth.cli.place import managed
from berth.cli.remote import Facts, Refused, Remote

app = typer.Typer(help="Advisories, which scans match with.", no_args_is_help=True)

SOURCES = ("ecosystem", "records", "last_modified", "attribution")
NEWS = ("at", "image", "digest", "tags", "opened", "closed", "hidden")
CHANGES = ("at", "advisories", "names", "results", "opened", "closed")


@app.command()
@managed
def status(api: Remote, *, output_format: Output = Format.TABLE) -> None:
    """Show which advisories are in force, how old they are and where they come from."""
    found = api.get("/advisories")
    if output_format is Format.JSON:
        output.one(found, output_format)
        return
    current = found["current"] or {}
    facts = {name: current.get(name) for name in ("id", "records", "made_at", "made_by")}
    more = {name: found[name] for name in ("old", "update_failed", "queue")}
    output.one({**facts, **more}, output_format)
    if current:
        output.rows(current["sources"], output_format, columns=SOURCES)


@app.command("import")
@managed
def import_(
    api: Remote,
    source: Annotated[Path, typer.Argument(exists=True, help="An all.zip, a bundle, or a folder with records of OSV.")],
    *,
    whole: Annotated[
        bool, typer.Option("--whole", help="It has all of its ecosystems: what is not in it is forgotten.")
    ] = False,
    ecosystem: Annotated[str, typer.Option(help="Of an archive that does not say, as npm.")] = "",
    wait: following.Wait = True,
) -> None:
    """Import an export of OSV, or a bundle of another Berth. All results are matched again."""
    with tempfile.TemporaryFile() as packed:
        if source.is_dir():
            _pack(source, packed)
            packed.seek(0)
            started = api.upload(remote.ADVISORIES, packed, whole=whole, ecosystem=ecosystem)
        else:
            with source.open("rb") as file:
                started = api.upload(remote.ADVISORIES, file, whole=whole, ecosystem=ecosystem)
    _told(api, started, "advisories imported", wait=wait)


@app.command()
@managed
def update(api: Remote, *, wait: following.Wait = True) -> None:
    """Fetch what has changed at the sources, now and not when its time comes."""
    _told(api, api.post(f"{remote.ADVISORIES}/update", {}), "advisories updated", wait=wait)


@app.command("roll-back")
@managed
def roll_back(api: Remote, *, wait: following.Wait = True, yes: Yes = False) -> None:
    """Put the advisories before in force again; doing it once more undoes it."""
    asking.sure("Go back to the advisories before?", yes=yes)
    _told(api, api.post(f"{remote.ADVISORIES}/roll-back", {}), "advisories before are in force", wait=wait)


@app.command()
@managed
def export(api: Remote, to: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Write all advisories as one bundle, to be imported where no network is."""
    output.pieces(api.pieces(f"{remote.ADVISORIES}/bundle"), to)


@app.command()
@managed
def news(
    api: Remote,
    *,
    affected: Annotated[
        bool | None, typer.Option("--affected/--closed", help="Only the newly affected, or only the others.")
    ] = None,
    sort: scan_words.NewsOrder = None,
    limit: Limit = 50,
    output_format: Output = Format.TABLE,
) -> None:
    """List the digests of which more or less is known since advisories changed."""
    asked = remote.told({"affected": affected, "sort": sort})
    output.rows(api.every(f"{remote.ADVISORIES}/news", limit=limit, **asked), output_format, columns=NEWS)


@app.command()
@managed
def changes(
    api: Remote,
    *,
    sort: scan_words.ChangesOrder = None,
    limit: Limit = 20,
    output_format: Output = Format.TABLE,
) -> None:
    """List the times at which advisories changed, and what came of it."""
    found = api.every(f"{remote.ADVISORIES}/reevaluations", limit=limit, **remote.told({"sort": sort}))
    output.rows(found, output_format, columns=CHANGES)


def _pack(folder: Path, into: IO[bytes]) -> None:
    """As the archive that the API takes: records by their ecosystems' folders."""
    found = sorted(folder.rglob("*.json"))
    if not found:
        raise Refused(f"{folder} has no records", 2)
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as members:
        for path in found:
            members.write(path, path.relative_to(folder).as_posix())


def _told(api: Remote, started: Facts, done: str, *, wait: bool) -> None:
    if not wait:
        typer.echo(f"operation {started['id']}")
        return
    following.well_ended(following.operation(api, started["id"]))
    typer.echo(done)
