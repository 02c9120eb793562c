"""`berth policy`: the four policies of an image, and a repository's defaults for new images."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated

import typer

from berth.cli import asking, following, named, output, remote
from berth.cli.asking import DryRun, Yes
from berth.cli.named import ImagePath, RepositoryPath
from berth.cli.output import Format, Limit, Output
from berth.cli.place import managed
from berth.cli.remote import JSON, Facts, Refused, Remote
from berth.words.errors import FieldInvalid

app = typer.Typer(help="Policies of images, and a repository's defaults.", no_args_is_help=True)

VERDICTS = ("digest", "tags", "deleted", "reason", "because", "due_at")
STOPPED = ("image", "tag", "verdict", "now", "because", "pulled_by")
OUTCOMES = ("digest", "tags", "reason", "outcome", "because")
RUNS = ("id", "kind", "state", "asked_by", "asked_at", "deleted", "kept", "freed")
DIFFERENCES = ("image", "policy", "before", "after")
WORDS: dict[str, JSON] = {"true": True, "yes": True, "false": False, "no": False}
MOST_DIGITS = 18
"""Of a number; no field takes as many."""
LEVEL = "exclude_level"
"""The one field in which `none` is the name of something; no level at all is `-`."""


class Policy(StrEnum):
    SCAN = "scan"
    PULL = "pull"
    LOCK = "lock"
    DELETION = "deletion"


Where = Annotated[
    str, typer.Argument(help="An image, or a repository for what its new images copy.", metavar="IMAGE|REPOSITORY")
]


@app.command()
@managed
def show(api: Remote, where: Where, *, output_format: Output = Format.TABLE) -> None:
    """Show the policies of an image, or the defaults of a repository."""
    output.one(api.get(_address(where))["policies"], output_format)


@app.command("set")
@managed
def set_(
    api: Remote,
    where: Where,
    policy: Annotated[Policy, typer.Argument(help="Which of the four.")],
    fields: Annotated[
        list[str],
        typer.Argument(help="As `berth policy show` names them: enabled=yes old.days=90", metavar="FIELD=VALUE..."),
    ],
    *,
    output_format: Output = Format.TABLE,
) -> None:
    """Change fields of a policy; those that are not named stay."""
    found = api.get(_address(where))
    changed: Facts = found["policies"][policy]
    for text in fields:
        _put(changed, text)
    edited = api.patch(_address(where), {"policies": {policy: changed}}, version=found["version"])
    output.one(edited["policies"][policy], output_format)


@app.command()
@managed
def apply(
    api: Remote,
    repository: RepositoryPath,
    policies: Annotated[list[Policy], typer.Argument(help="Which of the four.")],
    *,
    dry_run: DryRun = False,
    wait: following.Wait = True,
    yes: Yes = False,
    output_format: Output = Format.TABLE,
) -> None:
    """Give the images that are there already the repository's defaults too, and list what becomes different."""
    if not dry_run:
        asking.sure(f"Change the policies of all images in {repository}?", yes=yes)
    asked = {"policies": policies, "dry_run": dry_run}
    answer = api.post(f"{named.repository(repository)}/apply-defaults", asked)
    output.rows(answer["items"], output_format, columns=DIFFERENCES)
    if answer["operation"] is not None and wait:
        following.well_ended(following.operation(api, answer["operation"]))
    elif answer["operation"] is not None:
        typer.echo(f"operation {answer['operation']}", err=True)


@app.command("test")
@managed
def try_(
    api: Remote,
    image: ImagePath,
    fields: Annotated[
        list[str] | None,
        typer.Argument(help="A deletion policy to try without saving it: old.days=30", metavar="FIELD=VALUE..."),
    ] = None,
    *,
    kept: Annotated[bool, typer.Option("--kept", help="List what stays too, and why.")] = False,
    output_format: Output = Format.TABLE,
) -> None:
    """Show what the deletion policy of an image would delete now. Nothing is deleted."""
    asked: Facts = {"kind": "test"}
    if fields:
        policy: Facts = api.get(named.image(image))["policies"]["deletion"]
        for text in fields:
            _put(policy, text)
        asked["policy"] = policy
    _follow(api, image, asked, output_format, VERDICTS, deleted=None if kept else "true")


@app.command()
@managed
def run(
    api: Remote,
    image: ImagePath,
    *,
    source: Annotated[
        str | None, typer.Option("--test", metavar="ID", help="Delete nothing beyond what this test has found.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    output_format: Output = Format.TABLE,
) -> None:
    """Apply the deletion policy of an image now; it goes on by itself every hour. What goes is in the trash."""
    if dry_run:
        _follow(api, image, {"kind": "test"}, output_format, VERDICTS, deleted="true")
        return
    asking.sure(f"Delete what the policy of {image} takes?", yes=yes)
    _follow(api, image, {"kind": "run", "source": source}, output_format, OUTCOMES)


@app.command()
@managed
def preview(
    api: Remote,
    where: Where,
    fields: Annotated[
        list[str] | None,
        typer.Argument(
            help="A pull policy to try without saving it: critical=0 mode=enforce", metavar="FIELD=VALUE..."
        ),
    ] = None,
    *,
    days: Annotated[int, typer.Option(min=1, max=30, help="What was pulled within them was pulled lately.")] = 7,
    limit: Annotated[int, typer.Option(min=1, max=200, help="The most tags that are listed.")] = 50,
    output_format: Output = Format.TABLE,
) -> None:
    """Show which tags a pull policy would refuse, and who pulled them lately. Nothing is saved."""
    policy: Facts = api.get(_address(where))["policies"]["pull"]
    for text in fields or []:
        _put(policy, text)
    inside = "/-" if where.count("/") > 1 else ""
    asked = {"pull": policy, "days": days, "limit": limit}
    found: Facts = api.post(f"{_address(where)}{inside}/pull-restriction/preview", asked)
    if output_format is Format.JSON:
        output.one(found, output_format)
        return
    output.rows([_stopped(each) for each in found["items"]], output_format, columns=STOPPED)
    for line in _summed_up(found):
        typer.echo(line, err=True)


RunId = Annotated[str, typer.Argument(help="As `berth policy runs` lists it.", metavar="RUN")]


@app.command()
@managed
def approve(
    api: Remote, image: ImagePath, run_id: RunId, *, yes: Yes = False, output_format: Output = Format.TABLE
) -> None:
    """Let a run that the circuit breaker has stopped go on, and follow it."""
    where = named.image(image, "policy-runs", run_id)
    found = api.get(where)
    asking.sure(f"{found['breaker'] or 'It waits for nothing'}. Let it go on?", yes=yes)
    api.post(f"{where}/approve", {})
    ended = following.until_ended(api, where, f"policy run of {image}")
    output.rows(api.every(f"{where}/items"), output_format, columns=OUTCOMES)
    if ended["state"] == "failed":
        raise Refused(f"the run {run_id} failed: {ended['reason']}")
    typer.echo(f"run {run_id}: {ended['deleted']} deleted", err=True)


@app.command()
@managed
def refuse(api: Remote, image: ImagePath, run_id: RunId) -> None:
    """End a run that waits for an approval, with nothing deleted."""
    api.post(f"{named.image(image, 'policy-runs', run_id)}/refuse", {})
    typer.echo(f"run {run_id} refused", err=True)


@app.command()
@managed
def runs(
    api: Remote,
    image: ImagePath,
    *,
    limit: Limit = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List the last tests and runs of the deletion policy of an image."""
    output.rows(api.every(named.image(image, "policy-runs"), limit=limit), output_format, columns=RUNS)


def _follow(
    api: Remote, image: str, asked: Facts, output_format: Format, columns: Sequence[str], *, deleted: str | None = None
) -> None:
    """Wait until a test or run has ended, and list what it came to. Raises `Refused` when it has failed."""
    begun = api.post(named.image(image, "policy-runs"), asked)
    where = named.image(image, "policy-runs", begun["id"])
    found = following.until_ended(api, where, f"policy {begun['kind']} of {image}")
    output.rows(api.every(f"{where}/items", **remote.told({"deleted": deleted})), output_format, columns=columns)
    if found["state"] == "failed":
        raise Refused(f"the {begun['kind']} {found['id']} failed: {found['reason']}")
    if found["state"] == "waiting":
        raise Refused(f"run {found['id']} waits for `berth policy approve {image} {found['id']}`: {found['breaker']}")
    if begun["kind"] == "run":
        told = f"{found['deleted']} deleted"
    else:
        told = f"{found['deleted']} would be deleted, {found['kept']} kept, {found['freed']} bytes freed"
    typer.echo(f"{begun['kind']} {found['id']}: {told}", err=True)
    if begun["kind"] == "test" and found["breaker"]:
        typer.echo(f"a run would wait for an approval: {found['breaker']}", err=True)


def _stopped(row: Facts) -> Facts:
    because = "; ".join(each["text"] for each in row["reasons"])
    return {**row, "because": because, "pulled_by": [each["principal"] for each in row["pulled_by"]]}


def _summed_up(found: Facts) -> Iterator[str]:
    tried, now = found["tried"], found["now"]
    yield (
        f"{tried['refused']} of {found['tags']} tags would be refused, {now['refused']} are now "
        f"(+{tried['more']} -{tried['fewer']}); {tried['pulled']} of them were pulled lately"
    )
    if tried["partly"] or tried["warned"]:
        yield f"{tried['partly']} would be refused in part, {tried['warned']} only warned of"
    for each in found["switches"]:
        sums = each["sums"]
        yield f"{each['field']}={each['value']} alone: {sums['refused']} refused (+{sums['more']} -{sums['fewer']})"
    for each in found["pulled_by"]:
        yield f"{each['principal']} pulled {each['digests']} of them, the last time on {each['last_day']}"
    if found["more_pulled"]:
        yield "others pulled them too"


def _address(where: str) -> str:
    return named.image(where) if where.count("/") > 1 else named.repository(where)


def _put(policy: Facts, text: str) -> None:
    """Raises `FieldInvalid` for a field that the policy has not."""
    name, equals, value = text.partition("=")
    *above, last = name.replace(" ", ".").split(".")
    inner: JSON = policy
    for step in above:
        inner = inner.get(step) if isinstance(inner, dict) else None
    if not equals or not isinstance(inner, dict) or isinstance(inner.get(last, {}), dict):
        raise FieldInvalid(name, "a field reads name=value; `berth policy show` lists them")
    inner[last] = _value(name, inner.get(last), value)


def _value(name: str, now: JSON, text: str) -> JSON:
    """Of the type that the field has now; the one level that may be none is null then. Raises `FieldInvalid`."""
    if name == LEVEL:
        return None if text == "-" else text
    if isinstance(now, bool) and text.lower() in WORDS:
        return WORDS[text.lower()]
    if isinstance(now, int) and not isinstance(now, bool) and text.isdecimal():
        if len(text) > MOST_DIGITS:
            raise FieldInvalid(name, "a number of fewer digits")
        return int(text)
    return text
