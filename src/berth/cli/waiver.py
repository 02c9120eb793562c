"""`berth waiver`: findings that somebody takes responsibility for, and OpenVEX."""

import json
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from berth.cli import asking, output, remote
from berth.cli.asking import DryRun, Yes
from berth.cli.output import Format, Limit, Output
from berth.cli.place import managed
from berth.cli.remote import Facts, Remote, told
from berth.words.errors import FieldInvalid

app = typer.Typer(help="Waivers of vulnerabilities.", no_args_is_help=True)

WAIVERS = "/waivers"
OPENVEX = "/openvex"
COLUMNS = ("id", "state", "place", "vulnerability", "package", "status", "owner", "expires_at")
TAKEN = ("statement", "vulnerability", "status", "outcome", "created", "renewed", "unchanged", "unknown")


class State(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    ENDED = "ended"


class Status(StrEnum):
    AFFECTED = "affected"
    NOT_AFFECTED = "not_affected"
    FIXED = "fixed"
    UNDER_INVESTIGATION = "under_investigation"


class Justification(StrEnum):
    COMPONENT_NOT_PRESENT = "component_not_present"
    VULNERABLE_CODE_NOT_PRESENT = "vulnerable_code_not_present"
    VULNERABLE_CODE_NOT_IN_EXECUTE_PATH = "vulnerable_code_not_in_execute_path"
    VULNERABLE_CODE_CANNOT_BE_CONTROLLED_BY_ADVERSARY = "vulnerable_code_cannot_be_controlled_by_adversary"
    INLINE_MITIGATIONS_ALREADY_EXIST = "inline_mitigations_already_exist"


Place = Annotated[
    str, typer.Argument(help="registry, registry/repository, an image of that, or image@sha256:...", metavar="PLACE")
]
Vulnerability = Annotated[str, typer.Argument(help="Any of its names, such as CVE-2023-45853.")]
Number = Annotated[int, typer.Argument(help="As `berth waiver list` shows it.", metavar="ID")]
Expires = Annotated[datetime | None, typer.Option(help="It counts until this time, here; at most 366 days.")]
Days = Annotated[int | None, typer.Option(min=1, max=366, help="The same from now on.")]
Owner = Annotated[str | None, typer.Option(help="Who is responsible; else who asks.")]
Reason = Annotated[str, typer.Option(help="Why it may pass.")]
Said = Annotated[Status, typer.Option(help="As OpenVEX says it; affected: the risk is accepted.")]
Why = Annotated[Justification | None, typer.Option(help="Of what is not_affected.")]
Impact = Annotated[str | None, typer.Option(help="Of what is not_affected: why, in words.")]


@app.command("list")
@managed
def list_(
    api: Remote,
    place: Annotated[str | None, typer.Argument(help="Only those of this place, and of what is in it.")] = None,
    *,
    vulnerability: Annotated[str | None, typer.Option(help="Only those of this one.")] = None,
    package: Annotated[str | None, typer.Option(help="Only those that name this package.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only with this in the name of who is responsible.")] = None,
    state: Annotated[State | None, typer.Option(help="Only those in force, or those that are over.")] = None,
    limit: Limit = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List waivers, in the order in which they expire."""
    asked = {"place": place, "vulnerability": vulnerability, "package": package, "owner": owner, "state": state}
    output.rows(api.every(WAIVERS, limit=limit, **told(asked)), output_format, columns=COLUMNS)


@app.command()
@managed
def create(
    api: Remote,
    place: Place,
    vulnerability: Vulnerability,
    *,
    reason: Reason,
    expires: Expires = None,
    days: Days = None,
    package: Annotated[str | None, typer.Option(help="Only in this package.")] = None,
    package_version: Annotated[str | None, typer.Option(help="Only in this version of it.")] = None,
    owner: Owner = None,
    status: Said = Status.AFFECTED,
    justification: Why = None,
    impact: Impact = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Waive a vulnerability in a place for a while."""
    given = {
        "place": place,
        "vulnerability": vulnerability,
        "package": package,
        "package_version": package_version,
        "status": status,
        "justification": justification,
        "impact": impact,
        "reason": reason,
        "owner": owner,
        "expires_at": _end(expires, days),
    }
    output.one(api.post(WAIVERS, told(given)), output_format)


@app.command()
@managed
def show(api: Remote, number: Number, *, output_format: Output = Format.TABLE) -> None:
    """Show a waiver."""
    output.one(api.get(_one(number)), output_format)


@app.command()
@managed
def edit(
    api: Remote,
    number: Number,
    *,
    place: Annotated[str | None, typer.Option(help="For another place in its registry.")] = None,
    package: Annotated[str | None, typer.Option(help="Only in this package; empty: in any.")] = None,
    package_version: Annotated[str | None, typer.Option(help="Only in this version of it; empty: in any.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why it may pass.")] = None,
    expires: Expires = None,
    days: Days = None,
    owner: Annotated[str | None, typer.Option(help="Who is responsible.")] = None,
    status: Annotated[Status | None, typer.Option(help="As OpenVEX says it.")] = None,
    justification: Why = None,
    impact: Impact = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Say a waiver anew, or for another place or package, or renew one that has expired."""
    given: Facts = {
        "place": place,
        "package": package,
        "package_version": package_version,
        "reason": reason,
        "owner": owner,
        "status": status,
        "justification": justification,
        "impact": impact,
        "expires_at": None if expires is None and days is None else _end(expires, days),
    }
    if status is not None and status is not Status.NOT_AFFECTED:
        given |= {"justification": justification or "", "impact": impact or ""}
    output.one(api.patch(_one(number), told(given)), output_format)


@app.command()
@managed
def end(api: Remote, number: Number, *, yes: Yes = False, output_format: Output = Format.TABLE) -> None:
    """End a waiver before its time; it stays in the list."""
    found = api.get(_one(number))
    asking.sure(f"End the waiver of {found['vulnerability']} in {found['place']}?", yes=yes)
    output.one(api.post(f"{_one(number)}/end", {}), output_format)


@app.command()
@managed
def export(
    api: Remote,
    place: Place,
    *,
    applying: Annotated[
        bool, typer.Option("--applying", help="Of an image or digest: all that counts for it, said of it alone.")
    ] = False,
    to: output.To = None,
) -> None:
    """Write the waivers in force in a place as OpenVEX."""
    output.pieces(api.pieces(OPENVEX, place=place, applying=applying), to)


@app.command("import")
@managed
def import_(
    api: Remote,
    place: Place,
    document: Annotated[Path, typer.Argument(help="OpenVEX 0.2.0.", exists=True, dir_okay=False)],
    *,
    expires: Expires = None,
    days: Days = None,
    owner: Owner = None,
    status: Annotated[
        list[Status] | None, typer.Option(help="Which of them are waived; else not_affected and fixed. Several times.")
    ] = None,
    dry_run: DryRun = False,
    output_format: Output = Format.TABLE,
) -> None:
    """Make waivers from OpenVEX: all that it says within a place, or nothing of it."""
    given = {
        "place": place,
        "expires_at": _end(expires, days),
        "owner": owner,
        "statuses": status,
        "dry_run": dry_run,
        "document": _read(document),
    }
    came = api.post(OPENVEX, told(given))
    if output_format is Format.JSON:
        output.one(came, output_format)
        return
    output.rows(list(map(_in_words, came["statements"])), output_format, columns=TAKEN)
    would = " would be" if dry_run else ""
    typer.echo(f"{came['created']}{would} created, {came['renewed']}{would} renewed, {came['unchanged']} unchanged")


def _in_words(statement: Facts) -> Facts:
    unknown = (f"{each['product']} ({each['reason']})".strip() for each in statement["unknown"])
    return {**statement, "unknown": list(unknown)}


def _read(document: Path) -> Facts:
    """Raises `FieldInvalid`."""
    try:
        found = json.loads(document.read_bytes())
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise FieldInvalid("document", f"{document} is no JSON object")
    return found


def _end(expires: datetime | None, days: int | None) -> str:
    """Raises `FieldInvalid`."""
    if expires is not None and days is None:
        return output.instant(expires)
    if days is not None and expires is None:
        return output.instant(datetime.now(UTC) + timedelta(days=days))
    raise FieldInvalid("--expires", "when it ends: --expires or --days")


def _one(number: int) -> str:
    return remote.path("waivers", str(number))
