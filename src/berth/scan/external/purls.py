"""What a package URL says of a package, where a scanner says it nowhere else."""

from packageurl import PackageURL

_MAX = 2_000


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
    return found.type if found is not None else ""
