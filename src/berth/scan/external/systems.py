"""The system of an image, as external scanners name it."""

from dataclasses import replace

from berth.scan.catalog import eol, os_release
from berth.scan.inventory import Gap, OperatingSystem

_IDS = {
    "alma": "almalinux",
    "amazon": "amzn",
    "amazonlinux": "amzn",
    "oracle": "ol",
    "oraclelinux": "ol",
    "redhat": "rhel",
    "rockylinux": "rocky",
    "slem": "sle-micro",
}
"""What they call by another name than the `ID` of its os-release."""
_MORE = frozenset({"azurelinux", "bottlerocket", "cbl-mariner", "echo", "mariner", "minimos"})
"""Systems for which they have advisories and we have none."""


def of(name: str, release: str) -> OperatingSystem | None:
    """None where they name none."""
    if name in {"", "none"}:
        return None
    # Of Amazon Trivy says `2 (Karoo)`.
    found = OperatingSystem(_IDS.get(name, name), release.partition(" ")[0], f"{name} {release}".strip())
    return replace(found, eol_on=eol.eol_on(found))


def gaps(found: OperatingSystem | None) -> list[Gap]:
    """That nothing was said of its packages, where that may be."""
    gap = os_release.gap(found) if found is None or found.id not in _MORE else None
    return [gap] if gap is not None else []
