"""What a package URL says of a package, where a scanner says it nowhere else."""

from packageurl import PackageURL

from berth.scan.external import documents

_MAX = 2_000
MAX_TYPE = 20
"""Characters of a type of package."""


def parsed(url: object) -> PackageURL | None:
    """None of what is no package URL."""
    if not isinstance(url, str) or not url.startswith("pkg:") or len(url) > _MAX:
        return None
    try:
        return PackageURL.from_string(url)
    except ValueError:
        return None


def type_of(url: object) -> str:
    found = parsed(url)
    return documents.text(found.type, MAX_TYPE) if found is not None else ""
