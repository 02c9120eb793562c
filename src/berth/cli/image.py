"""`berth image`: what pushes have made. Named `registry/repository/image`."""

from dataclasses import asdict
from typing import Annotated

import typer

from berth.cli import asking, deletion, following, lock, named, output, place
from berth.cli.asking import DryRun, Yes
from berth.cli.named import ImagePath
from berth.cli.output import Format, Output
from berth.cli.place import Data, managed
from berth.cli.remote import Remote
from berth.registry import images, repositories

app = typer.Typer(help="Images.", no_args_is_help=True)

COLUMNS = ("path", "digests", "tags", "pulls", "state", "edited_by", "edited_at")


@app.command("list")
def list_(
    repository: Annotated[str, typer.Argument(help="registry/repository")],
    *,
    data: Data = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List the images of a repository."""
    with place.opened(data) as site, site.db.read() as tx:
        owner = repositories.find(tx, *named.split(repository))
        found = images.summaries(tx, owner.id, owner.path)
    output.rows([asdict(image) for image in found], output_format, columns=COLUMNS)


@app.command("lock")
@managed
def lock_(api: Remote, image: ImagePath, *, reason: lock.Reason = "", until: lock.Until = None) -> None:
    """Lock an image and all in it, now and pushed later."""
    api.put(named.image(image, "lock"), lock.given(reason, until))
    typer.echo(f"image {image} locked with all in it")


@app.command()
@managed
def unlock(api: Remote, image: ImagePath) -> None:
    """Unlock an image and all in it."""
    api.delete(named.image(image, "lock"))
    typer.echo(f"image {image} unlocked with all in it")


@app.command()
@managed
def delete(
    api: Remote, image: ImagePath, *, dry_run: DryRun = False, wait: following.Wait = True, yes: Yes = False
) -> None:
    """Delete an image with all in it. The trash keeps it for a while."""
    if not dry_run:
        asking.sure(f"Delete the image {image} with all its digests and tags?", yes=yes)
    answer = api.delete(named.image(image), **({"dry_run": True} if dry_run else {}))
    deletion.of_one(api, answer, f"image {image}", wait=wait, dry_run=dry_run)
