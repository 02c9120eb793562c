"""`berth scan`: what is known to be wrong in images, and what is in them."""

import time
from typing import Annotated

import typer

from berth.cli import named, output, scan_words
from berth.cli.following import LONGEST_PAUSE, SHORTEST_PAUSE
from berth.cli.named import Digest, Digests, ImagePath, RepositoryPath
from berth.cli.output import Format, Limit, Output
from berth.cli.place import managed
from berth.cli.remote import Facts, Refused, Remote, told
from berth.cli.scan_words import Document, Hidden, OfKind, OfType, Sbom, Severity

app = typer.Typer(help="Vulnerabilities, packages and secrets of images.", no_args_is_help=True)

TOO_MUCH, FAILED, TOO_LATE = 10, 11, 12
"""Exit codes of waiting for a scan, for pipelines."""

VULNERABILITIES = ("severity", "vulnerability", "package", "version", "fixed_version", "waived_until", "title")
PACKAGES = ("type", "name", "version", "critical", "high", "total")
SECRETS = ("severity", "rule", "file", "line", "masked", "deleted_later")
RUNS = ("id", "state", "code", "asked_by", "asked_at", "ended_at", "scanner", "advisories")
ASKED = ("digest", "queued", "going_on")
AFFECTED = ("image", "digest", "tags", "package", "version", "severity", "fixed_version", "hidden")
CHANGES = ("change", "what", "name", "before", "after", "severity")

Reference = Annotated[str, typer.Argument(help="sha256:..., or a tag.", metavar="DIGEST|TAG")]


@app.command()
@managed
def run(
    api: Remote,
    image: ImagePath,
    digests: Digests,
    *,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Whether to wait until they have ended.")] = True,
    output_format: Output = Format.TABLE,
) -> None:
    """Have digests scanned; of an index, the images that it lists."""
    asked = api.post(named.image(image, "scans"), {"digests": digests})
    output.rows(asked["items"], output_format, columns=ASKED)
    if wait:
        ended = [until_ended(api, image, digest) for digest in digests]
        failed = sum(each["state"] == "failed" for each in ended)
        if failed:
            raise Refused(f"{failed} of {len(digests)} scans failed", FAILED)


@app.command()
@managed
def repository(api: Remote, repository: RepositoryPath) -> None:
    """Have every image of a repository scanned."""
    queued = api.post(f"{named.repository(repository)}/scans", {})["queued"]
    typer.echo(f"{queued} images wait for a scan")


@app.command()
@managed
def show(api: Remote, image: ImagePath, reference: Reference, *, output_format: Output = Format.TABLE) -> None:
    """Show how a digest stands, and what was not checked."""
    output.one(api.get(_scan(api, image, reference)), output_format)


@app.command()
@managed
def vulnerabilities(
    api: Remote,
    image: ImagePath,
    reference: Reference,
    *,
    severity: Severity = None,
    kind: OfKind = None,
    type_: OfType = None,
    package: Annotated[str | None, typer.Option(help="Only with this in the name of the package.")] = None,
    vulnerability: Annotated[str | None, typer.Option(help="Only with this in one of its names.")] = None,
    fixable: Annotated[bool | None, typer.Option("--fixable/--unfixable", help="Only with a fix, or without.")] = None,
    hidden: Hidden = False,
    sort: scan_words.FindingOrder = None,
    limit: Limit = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List what was found, the worst first."""
    asked = {"severity": severity, "kind": kind, "type": type_, "package": package, "vulnerability": vulnerability}
    more = {"fixable": fixable, "hidden": hidden, "sort": sort}
    found = api.every(f"{_scan(api, image, reference)}/vulnerabilities", limit=limit, **told({**asked, **more}))
    if output_format is Format.TABLE:
        found = [{**each, **_in_words(each)} for each in found]
    output.rows(found, output_format, columns=VULNERABILITIES)


@app.command()
@managed
def packages(
    api: Remote,
    image: ImagePath,
    reference: Reference,
    *,
    kind: OfKind = None,
    type_: OfType = None,
    package: Annotated[str | None, typer.Option(help="Only with this in the name.")] = None,
    vulnerable: Annotated[
        bool | None, typer.Option("--vulnerable/--clean", help="Only with findings, or none.")
    ] = None,
    sort: scan_words.PackageOrder = None,
    limit: Limit = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List the packages that are in an image."""
    asked = {"kind": kind, "type": type_, "package": package, "vulnerable": vulnerable, "sort": sort}
    found = api.every(f"{_scan(api, image, reference)}/packages", limit=limit, **told(asked))
    if output_format is Format.TABLE:
        found = [{**each, **each["counts"]} for each in found]
    output.rows(found, output_format, columns=PACKAGES)


@app.command()
@managed
def secrets(
    api: Remote,
    image: ImagePath,
    reference: Reference,
    *,
    severity: Severity = None,
    rule: Annotated[str | None, typer.Option(help="Only by this rule, as private-key.")] = None,
    file: Annotated[str | None, typer.Option(help="Only with this in the path of the file.")] = None,
    hidden: Hidden = False,
    sort: scan_words.SecretOrder = None,
    limit: Limit = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List the secrets that lie in an image, masked."""
    asked = told({"severity": severity, "rule": rule, "file": file, "hidden": hidden, "sort": sort})
    found = api.every(f"{_scan(api, image, reference)}/secrets", limit=limit, **asked)
    output.rows(found, output_format, columns=SECRETS)


@app.command()
@managed
def history(
    api: Remote,
    image: ImagePath,
    reference: Reference,
    *,
    sort: scan_words.RunOrder = None,
    limit: Limit = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List the last scans of a digest."""
    found = api.every(f"{_scan(api, image, reference)}/history", limit=limit, **told({"sort": sort}))
    output.rows(found, output_format, columns=RUNS)


@app.command()
@managed
def compare(
    api: Remote,
    image: ImagePath,
    base: Annotated[str, typer.Argument(help="What is compared with: sha256:..., or a tag.", metavar="BASE")],
    reference: Reference,
    *,
    output_format: Output = Format.TABLE,
) -> None:
    """Compare the packages and findings of two digests of an image."""
    found = api.get(f"{_scan(api, image, reference)}/compare", base=digest_of(api, image, base))
    if output_format is Format.JSON:
        output.one(found, output_format)
    else:
        output.rows(list(_changes(found)), output_format, columns=CHANGES)


@app.command()
@managed
def export(
    api: Remote,
    image: ImagePath,
    reference: Reference,
    document: Annotated[Document, typer.Argument(help="What to write.")],
    *,
    to: output.To = None,
) -> None:
    """Write the result of an image as a document, or its inventory as CycloneDX or SPDX."""
    output.pieces(api.pieces(f"{_scan(api, image, reference)}/export", format=document), to)


@app.command()
@managed
def publish(
    api: Remote,
    image: ImagePath,
    reference: Reference,
    *,
    sbom: Annotated[Sbom, typer.Option("--format", help="CycloneDX 1.6 or SPDX 2.3.")] = Sbom.CYCLONEDX,
    output_format: Output = Format.TABLE,
) -> None:
    """Publish the inventory of an image as a referrer of it, which clients find beside the image."""
    output.one(api.post(f"{_scan(api, image, reference)}/sbom", {"format": sbom}), output_format)


@app.command()
@managed
def search(
    api: Remote,
    *,
    vulnerability: Annotated[str | None, typer.Option(help="Any whole name of it, such as CVE-2023-45853.")] = None,
    package: Annotated[
        str | None,
        typer.Option(help="Its whole name, or how it begins with * after it; of a system, that of the source."),
    ] = None,
    version: Annotated[str | None, typer.Option(help="Of the package.")] = None,
    sort: scan_words.PathOrder = None,
    limit: Limit = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Find the digests that have a vulnerability or a package, over all that you see."""
    asked = told({"vulnerability": vulnerability, "package": package, "version": version, "sort": sort})
    output.rows(api.every("/vulnerabilities", limit=limit, **asked), output_format, columns=AFFECTED)


def until_ended(api: Remote, image: str, digest: str, *, seconds: float | None = None) -> Facts:
    """How a digest stands once nothing goes on. Raises `Refused` when that takes longer."""
    end = None if seconds is None else time.monotonic() + seconds
    pause = SHORTEST_PAUSE
    while True:
        found: Facts = api.get(named.image(image, "digests", digest, "scan"))
        if found["state"] not in ("queued", "running"):
            return found
        if found["code"] == "NO_DATABASE" and seconds is None:
            raise Refused("the scan waits for advisories: `berth vulndb update` or `berth vulndb import`", FAILED)
        if end is not None and time.monotonic() > end:
            why = f" ({found['code']})" if found["code"] else ""
            raise Refused(f"the scan has not ended after {seconds:g} seconds: it is {found['state']}{why}", TOO_LATE)
        if api.work is None or not api.work():
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def digest_of(api: Remote, image: str, reference: str) -> Digest:
    if ":" in reference:
        return reference
    found: str = api.get(named.image(image, "tags", reference))["digest"]
    return found


def _scan(api: Remote, image: str, reference: str) -> str:
    return named.image(image, "digests", digest_of(api, image, reference), "scan")


def _in_words(finding: Facts) -> Facts:
    package, waiver = finding["package"], finding["waiver"]
    until = None if waiver is None else waiver["expires_at"]
    return {"package": package["name"], "version": package["version"], "waived_until": until}


def _changes(found: Facts) -> list[Facts]:
    rows: list[Facts] = []
    for change in ("added", "removed", "changed"):
        rows += [{**each, "change": change, "what": "package"} for each in found[f"packages_{change}"]]
        rows += [
            {**each, "change": change, "what": "finding", "name": f"{each['vulnerability']} in {each['package']}"}
            for each in found[f"findings_{change}"]
        ]
    return rows
