"""`berth digest`: what is in an image, by content."""

import typer

from berth.cli import asking, deletion, following, lock, named
from berth.cli.asking import DryRun, Yes
from berth.cli.named import Digests, ImagePath
from berth.cli.output import Format, Output
from berth.cli.place import managed
from berth.cli.remote import Remote

app = typer.Typer(help="Digests of an image.", no_args_is_help=True)


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
