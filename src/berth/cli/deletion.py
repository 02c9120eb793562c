"""What became of each thing that was to be deleted, as rows to print."""

from collections.abc import Sequence
from typing import Annotated

import typer

from berth.cli import asking, following, output
from berth.cli.output import Format
from berth.cli.remote import EXITS, Facts, Refused, Remote

COLUMNS = ("digest", "state", "tags", "referrers", "reason")

Everything = Annotated[bool, typer.Option("--everything", help="With all that is inside.")]


def told(api: Remote, answer: Facts, *, wait: bool, dry_run: bool, output_format: Format) -> None:
    """Print the rows of a deletion of digests, waiting for its end. Raises `Refused` if anything stays."""
    ended: dict[str, Facts] = {}
    if answer["operation"] is not None and wait:
        found = following.operation(api, answer["operation"])
        ended = {item["item"]: item for item in found["items"]}
    rows = [_row(item, ended.get(item["digest"]), dry_run=dry_run) for item in answer["items"]]
    output.rows(rows, output_format, columns=COLUMNS)
    if answer["operation"] is not None and not wait:
        typer.echo(f"operation {answer['operation']}", err=True)
    if not dry_run:
        _all_gone(answer["items"], rows)


def _row(item: Facts, ended: Facts | None, *, dry_run: bool) -> Facts:
    problem = item["problem"]
    state, reason = "deleting", ""
    if problem is not None:
        state, reason = "refused", problem["detail"]
    elif ended is not None:
        state, reason = ended["state"], ended["reason"]
    elif dry_run:
        state = "would be deleted"
    same = {name: item[name] for name in ("digest", "tags", "referrers")}
    return {**same, "state": "deleted" if state == "done" else state, "reason": reason}


def _all_gone(items: Sequence[Facts], rows: Sequence[Facts]) -> None:
    none_refused(items)
    failed = sum(row["state"] == "failed" for row in rows)
    if failed:
        raise Refused(f"{failed} of {len(items)} could not be deleted")


def none_refused(items: Sequence[Facts]) -> None:
    """One exit code for many: that of the first that was refused. Raises `Refused`."""
    problems = [item["problem"] for item in items if item["problem"] is not None]
    if problems:
        said = problems[0]["detail"] if len(items) == 1 else f"{len(problems)} of {len(items)} were refused"
        raise Refused(said, EXITS.get(problems[0]["status"], 1))


def of_one(api: Remote, answer: Facts | None, what: str, *, wait: bool, dry_run: bool) -> None:
    """Say what became of an image, a repository or a registry. Raises `Refused`."""
    none_refused(answer["items"] if answer else [])
    if dry_run:
        typer.echo(f"{what} would be deleted{_inside(answer)}")
        return
    if answer is None or answer["operation"] is None:
        typer.echo(f"{what} deleted")
        return
    if not wait:
        typer.echo(f"{what} is being deleted: operation {answer['operation']}")
        return
    following.well_ended(following.operation(api, answer["operation"]))
    typer.echo(f"{what} deleted")


def _inside(answer: Facts | None) -> str:
    """How much goes with a whole."""
    inside = answer["inside"] if answer else None
    if inside is None:
        return ""
    counts = [f"{name}: {inside[name]}" for name in ("repositories", "images", "digests", "tags") if inside[name]]
    return f" with {', '.join(counts)}" if counts else ""


def place(
    api: Remote, address: str, name: str, kind: str, *, everything: bool, dry_run: bool, wait: bool, yes: bool
) -> None:
    """Delete a registry or repository, empty or not."""
    if dry_run and not everything:
        api.get(address)
        typer.echo(f"{kind} {name} would be deleted if it is empty")
        return
    inside = " with everything inside" if everything else ""
    if not dry_run:
        asking.sure(f"Delete the {kind} {name}{inside}?", yes=yes)
    asked = {"everything": True, "name": name, "dry_run": dry_run} if everything else {}
    of_one(api, api.delete(address, **asked), f"{kind} {name}", wait=wait, dry_run=dry_run)
