"""The whole result of one image, to be taken away in the format that somebody asks for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal, get_args

from sqlalchemy import Connection

from berth.registry.images import Image
from berth.scan import looking
from berth.scan.exports import csv, cyclonedx, sarif, spdx
from berth.scan.exports import json as plain
from berth.scan.report import Advisories, Report, Scanner
from berth.words.digest import Digest, parse
from berth.words.errors import FieldInvalid

Format = Literal["json", "csv", "csv-packages", "csv-secrets", "sarif", "cyclonedx", "cyclonedx-vex", "spdx"]
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True)
class Exported:
    pieces: Iterator[bytes]
    media_type: str
    filename: str


def of(tx: Connection, found: Image, content: Digest, *, at: datetime | None) -> Report:
    """With all that was not checked as it is at a moment; None: what of the image could not be read, at any moment.

    Raises as `looking.into` does, and `FieldInvalid` for an index, which has a result for each of its images.
    """
    looked = looking.into(tx, found, content)
    if looked.parts[0].digest != str(content):
        raise FieldInvalid("digest", "one of the images that the index lists; each has a result of its own")
    [part] = looked.parts
    inventory = looking.inventory(tx, part)
    result = part.result
    built = None if result.advisories_at is None else Advisories(result.advisories, result.advisories_at)
    return Report(
        registry=found.path.registry,
        repository=found.path.repository,
        image=found.path.image,
        digest=parse(part.digest),
        os=result.os,
        scanner=Scanner(result.scanner, result.scanner_version),
        advisories=built,
        scanned_at=result.taken_at,
        evaluated_at=result.evaluated_at or result.taken_at,
        policy=looked.policy,
        findings=tuple(looking.raw_findings(tx, part)),
        packages=inventory.packages,
        secrets=inventory.secrets,
        gaps=inventory.gaps if at is None else tuple(looking.gaps(tx, looked, at=at)),
    )


def written(report: Report, format_: Format) -> Exported:
    write, media_type, suffix = _WRITERS[format_]
    name = f"{report.image.replace('/', '-')}-{report.digest.hex[:12]}{suffix}"
    return Exported(write(report), media_type, name)


_WRITERS: Mapping[Format, tuple[Callable[[Report], Iterator[bytes]], str, str]] = {
    "json": (plain.document, plain.MEDIA_TYPE, ".json"),
    "csv": (csv.vulnerabilities, csv.MEDIA_TYPE, ".csv"),
    "csv-packages": (csv.packages, csv.MEDIA_TYPE, "-packages.csv"),
    "csv-secrets": (csv.secrets, csv.MEDIA_TYPE, "-secrets.csv"),
    "sarif": (sarif.document, sarif.MEDIA_TYPE, ".sarif"),
    "cyclonedx": (cyclonedx.document, cyclonedx.MEDIA_TYPE, ".cdx.json"),
    "cyclonedx-vex": (partial(cyclonedx.document, vulnerabilities=True), cyclonedx.MEDIA_TYPE, ".vex.cdx.json"),
    "spdx": (spdx.document, spdx.MEDIA_TYPE, ".spdx.json"),
}
