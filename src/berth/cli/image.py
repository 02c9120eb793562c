"""`berth image`: what pushes have made. Named `registry/repository/image`."""

from enum import StrEnum
from typing import Annotated

import typer

from berth.cli import asking, deletion, following, lock, named, output, remote, scan
from berth.cli.asking import DryRun, Yes
from berth.cli.named import ImagePath, RepositoryPath
from berth.cli.output import Format, Limit, Output
from berth.cli.place import managed
from berth.cli.remote import Refused, Remote

app = typer.Typer(help="Images.", no_args_is_help=True)

COLUMNS = ("path", "digests", "tags", "pulls", "state", "edited_by", "edited_at")
REFUSED = ("image", "reference", "principal", "rule", "pulls", "last_at", "reason", "fix", "newest_allowed")
NOT_PULLED = 13
"""Exit code of a check whether something may be pulled."""


class Judged(StrEnum):
    REFUSED = "refused"
    WARNED = "warned"
    PERMITTED = "permitted"


@app.command("list")
@managed
def list_(
    api: Remote,
    repository: RepositoryPath,
    *,
    name: Annotated[str | None, typer.Option(help="Only those with this in their name.")] = None,
    locked: Annotated[bool | None, typer.Option("--locked/--unlocked", help="Only those that are, or are not.")] = None,
    sort: Annotated[str | None, typer.Option(help="name, created_at, edited_at or pulls; -pulls turns it.")] = None,
    limit: Limit = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List the images of a repository."""
    asked = remote.told({"name": name, "locked": locked, "sort": sort})
    found = api.every(f"{named.repository(repository)}/images", limit=limit, **asked)
    output.rows(found, output_format, columns=COLUMNS)


@app.command()
@managed
def show(api: Remote, image: ImagePath, *, output_format: Output = Format.TABLE) -> None:
    """Show an image with its policies, its lock, and what it weighs."""
    output.one(api.get(named.image(image)), output_format)


@app.command()
@managed
def edit(
    api: Remote,
    image: ImagePath,
    *,
    description: Annotated[str, typer.Option(help="Up to 255 characters.")],
    output_format: Output = Format.TABLE,
) -> None:
    """Describe an image."""
    output.one(api.patch(named.image(image), {"description": description}), output_format)


@app.command("wait-scan")
@managed
def wait_scan(
    api: Remote,
    image: ImagePath,
    reference: scan.Reference,
    *,
    max_critical: Annotated[int | None, typer.Option(min=0, help="So many critical findings pass; more fail.")] = None,
    max_high: Annotated[int | None, typer.Option(min=0, help="The same for high ones.")] = None,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait.")] = 600.0,
    ask: Annotated[bool, typer.Option("--ask", help="Have it scanned if nobody asked for that, or it failed.")] = False,
    output_format: Output = Format.TABLE,
) -> None:
    """Wait for the scan of a digest. Exit codes: 0 good, 10 too many findings, 11 no good scan, 12 too late."""
    digest = scan.digest_of(api, image, reference)
    found = scan.until_ended(api, image, digest, seconds=timeout)
    if ask and found["state"] in ("not-scanned", "partial", "failed"):
        api.post(named.image(image, "scans"), {"digests": [digest]})
        found = scan.until_ended(api, image, digest, seconds=timeout)
    output.one(found, output_format)
    if found["state"] != "done":
        why = f": {found['code']} {found['reason']}" if found["code"] else ""
        raise Refused(f"{image}@{digest} has no good scan, it is {found['state']}{why}", scan.FAILED)
    for level, most in (("critical", max_critical), ("high", max_high)):
        if most is not None and found["counts"][level] > most:
            raise Refused(f"{found['counts'][level]} {level} findings, {most} would pass", scan.TOO_MUCH)


@app.command()
@managed
def explain(
    api: Remote,
    image: ImagePath,
    reference: scan.Reference,
    *,
    check: Annotated[bool, typer.Option("--check", help="End with exit code 13 where it may not be pulled.")] = False,
    output_format: Output = Format.TABLE,
) -> None:
    """Explain whether a digest may be pulled, by which rules not, and what would help."""
    found = api.get(named.image(image, "digests", scan.digest_of(api, image, reference), "pull-verdict"))
    output.one(found, output_format)
    if check and found["verdict"] in ("refused", "partly"):
        why = "; ".join(each["text"] for each in found["reasons"])
        raise Refused(f"{image} {reference} may not be pulled: {why}", NOT_PULLED)


@app.command()
@managed
def refused(
    api: Remote,
    where: Annotated[str, typer.Argument(help="An image or a repository.", metavar="IMAGE|REPOSITORY")],
    *,
    days: Annotated[int, typer.Option(min=1, max=366, help="So far back, this day counted.")] = 7,
    verdict: Annotated[
        list[Judged] | None, typer.Option(help="Which: refused (by default), warned or permitted. Several times.")
    ] = None,
    sort: Annotated[str | None, typer.Option(help="last_at or pulls; -pulls turns it.")] = None,
    limit: Limit = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List which pulls were refused to whom, why, and what would help."""
    within = named.image(where, "refused-pulls") if where.count("/") > 1 else f"{named.repository(where)}/refused-pulls"
    found = api.every(within, limit=limit, days=days, **remote.told({"verdict": verdict, "sort": sort}))
    output.rows(found, output_format, columns=REFUSED)


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
