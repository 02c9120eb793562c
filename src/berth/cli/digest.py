"""`berth digest`: what is in an image, by content."""

from enum import StrEnum
from typing import Annotated

import typer

from berth.cli import asking, deletion, following, lock, named, output, remote
from berth.cli.asking import DryRun, Yes
from berth.cli.named import Digest, Digests, ImagePath
from berth.cli.output import Format, Limit, Output
from berth.cli.place import managed
from berth.cli.remote import Remote

app = typer.Typer(help="Digests of an image.", no_args_is_help=True)


COLUMNS = ("digest", "tags", "kind", "platforms", "size", "pulls", "state", "created_at")


class Kind(StrEnum):
    IMAGE = "image"
    INDEX = "index"
    ARTIFACT = "artifact"


Reference = Annotated[str, typer.Argument(help="sha256:..., or a tag.", metavar="DIGEST|TAG")]


@app.command("list")
@managed
def list_(
    api: Remote,
    image: ImagePath,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Also children of an index, and referrers such as signatures.")
    ] = False,
    name: Annotated[str | None, typer.Option(help="Only those with this in a tag.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="Only those of this kind.")] = None,
    platform: Annotated[str | None, typer.Option(help="Only those for this, as linux/amd64.")] = None,
    tagged: Annotated[bool | None, typer.Option("--tagged/--untagged", help="Only those that are, or are not.")] = None,
    locked: Annotated[bool | None, typer.Option("--locked/--unlocked", help="Only those that are, or are not.")] = None,
    newly_affected: Annotated[
        bool, typer.Option("--newly-affected", help="Only those of which advisories have told more since their scan.")
    ] = False,
    restricted: Annotated[
        bool | None, typer.Option("--restricted/--unrestricted", help="Only those that may not be pulled now, or may.")
    ] = None,
    sort: Annotated[str | None, typer.Option(help="name, pushed_at, size, pulls or pulled_at; -size turns it.")] = None,
    limit: Limit = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List the digests of an image with their tags."""
    asked = {
        "name": name,
        "kind": kind,
        "platform": platform,
        "tagged": tagged,
        "locked": locked,
        "restricted": restricted,
        "newly_affected": newly_affected or None,
        "sort": sort,
    }
    level = "all" if everything else "top"
    found = api.every(named.image(image, "digests"), limit=limit, level=level, **remote.told(asked))
    output.rows(found, output_format, columns=COLUMNS)


@app.command()
@managed
def show(api: Remote, image: ImagePath, reference: Reference, *, output_format: Output = Format.TABLE) -> None:
    """Show all that is known of a digest."""
    output.one(api.get(_address(image, reference)), output_format)


@app.command()
@managed
def edit(
    api: Remote,
    image: ImagePath,
    digest: Digest,
    *,
    description: Annotated[str, typer.Option(help="Up to 255 characters.")],
    output_format: Output = Format.TABLE,
) -> None:
    """Describe a digest."""
    output.one(api.patch(named.image(image, "digests", digest), {"description": description}), output_format)


@app.command()
@managed
def manifest(api: Remote, image: ImagePath, reference: Reference, *, to: output.To = None) -> None:
    """Write the manifest of a digest, byte for byte as it was pushed."""
    digest = reference if ":" in reference else api.get(_address(image, reference))["digest"]
    output.pieces(api.pieces(named.image(image, "digests", digest, "manifest")), to)


@app.command("lock")
@managed
def lock_(
    api: Remote,
    image: ImagePath,
    digests: Digests,
    *,
    reason: lock.Reason = "",
    until: lock.Until = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Keep digests from being deleted, and their tags from being moved."""
    given = {"digests": digests, **lock.given(reason, until)}
    lock.outcomes(api.post(named.image(image, "digests", "lock"), given), output_format)


@app.command()
@managed
def unlock(api: Remote, image: ImagePath, digests: Digests, *, output_format: Output = Format.TABLE) -> None:
    """Unlock digests; refused while their image is locked."""
    lock.outcomes(api.post(named.image(image, "digests", "unlock"), {"digests": digests}), output_format)


@app.command()
@managed
def quarantine(
    api: Remote,
    image: ImagePath,
    digest: Digest,
    *,
    reason: Annotated[str, typer.Option(help="Up to 255 characters. Whoever is refused reads it.")],
) -> None:
    """Put a digest out of use at once, and with an index the images that it lists."""
    api.put(named.image(image, "digests", digest, "quarantine"), {"reason": reason})
    typer.echo(f"{image}@{digest} is in quarantine")


@app.command()
@managed
def release(api: Remote, image: ImagePath, digest: Digest) -> None:
    """End a quarantine; the digest is judged by the rules of its image again."""
    api.delete(named.image(image, "digests", digest, "quarantine"))
    typer.echo(f"{image}@{digest} is in no quarantine")


@app.command()
@managed
def delete(
    api: Remote,
    image: ImagePath,
    digests: Digests,
    *,
    dry_run: DryRun = False,
    wait: following.Wait = True,
    yes: Yes = False,
    output_format: Output = Format.TABLE,
) -> None:
    """Delete digests with their tags and referrers. The trash keeps them for a while."""
    if not dry_run:
        asking.sure(f"Delete {len(digests)} of {image} with their tags and referrers?", yes=yes)
    answer = api.post(named.image(image, "digests", "delete"), {"digests": digests, "dry_run": dry_run})
    deletion.told(api, answer, wait=wait, dry_run=dry_run, output_format=output_format)


def _address(image: str, reference: str) -> str:
    return named.image(image, "digests" if ":" in reference else "tags", reference)
