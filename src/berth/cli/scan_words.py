"""Closed words of `berth scan`, which a shell completes: levels, kinds, documents, and the orders of its lists."""

from enum import StrEnum
from typing import Annotated, Any, Literal

import typer

from berth.words.policies import Level


class Kind(StrEnum):
    OS = "os"
    LANGUAGE = "language"


class Document(StrEnum):
    JSON = "json"
    CSV = "csv"
    CSV_PACKAGES = "csv-packages"
    CSV_SECRETS = "csv-secrets"
    SARIF = "sarif"
    CYCLONEDX = "cyclonedx"
    CYCLONEDX_VEX = "cyclonedx-vex"
    SPDX = "spdx"


class Sbom(StrEnum):
    CYCLONEDX = "cyclonedx"
    SPDX = "spdx"


TYPES = ("deb", "rpm", "apk", "pypi", "npm", "composer", "nuget", "golang", "maven", "gem", "cargo")
"""Of packages, as package URLs say it. A scanner of others may know more."""

Severity = Annotated[list[Level] | None, typer.Option(help="Only this level. Several times.")]
OfKind = Annotated[Kind | None, typer.Option(help="Only of the system, or of languages.")]
OfType = Annotated[
    str | None,
    typer.Option("--type", autocompletion=lambda: list(TYPES), help="Only packages of this type, as deb or npm."),
]
Hidden = Annotated[bool, typer.Option("--hidden", help="Those too that the exclusion policy leaves out.")]


FindingSort = Literal[
    "severity", "-severity", "score", "-score", "vulnerability", "-vulnerability", "package", "-package",
    "fixed_version", "-fixed_version",
]  # fmt: skip
PackageSort = Literal["package", "-package", "findings", "-findings", "type", "-type"]
SecretSort = Literal["file", "-file", "severity", "-severity", "rule", "-rule"]


def _order(words: str) -> Any:  # Any: typer does not say what an option is
    return typer.Option("--sort", metavar="ORDER", help=f"{words}; with a hyphen before it the other way round.")


FindingOrder = Annotated[FindingSort | None, _order("severity, score, vulnerability, package or fixed_version")]
PackageOrder = Annotated[PackageSort | None, _order("package, findings or type")]
SecretOrder = Annotated[SecretSort | None, _order("file, severity or rule")]
RunOrder = Annotated[Literal["asked_at", "-asked_at"] | None, _order("asked_at")]
PathOrder = Annotated[Literal["path", "-path"] | None, _order("path")]
NewsOrder = Annotated[Literal["id", "-id"] | None, _order("id, which is as they came")]
ChangesOrder = Annotated[Literal["at", "-at"] | None, _order("at")]
