"""The names of things and their rules (SPEC 1; distribution-spec, section Pulling manifests).

A full image path is `registry/repository/image`, where the image part may contain slashes.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from berth.words import digest
from berth.words.digest import Digest
from berth.words.errors import FieldInvalid, NameInvalid, TagInvalid

MAX_PATH = 255
"""Characters of a whole image path: clients limit it, with the host, to this."""
MAX_DESCRIPTION = 255
PARTS = 3
"""An image path has at least this many parts."""

_REGISTRY = re.compile(r"[a-z][a-z0-9]{2,24}")
_REPOSITORY = re.compile(r"[a-z0-9][a-z0-9-]{1,28}[a-z0-9]")
_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
_USER = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}[a-z0-9]")
_HOST = re.compile(
    r"(?=.{1,253}(?::|$))[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::\d{1,5})?"
)
_DIGITS = re.compile(r"\d+")
_FALLBACK = re.compile(r"(sha256|sha512)-([0-9a-f]{64}|[0-9a-f]{128})(\.sig|\.att|\.sbom)?")


@dataclass(frozen=True, slots=True)
class ImagePath:
    """A whole OCI name, already checked."""

    registry: str
    repository: str
    image: str

    def __str__(self) -> str:
        return f"{self.registry}/{self.repository}/{self.image}"


Reference = str | Digest
"""What names a manifest inside an image: a tag, or a digest."""


def registry(text: str) -> str:
    """Raises `NameInvalid`."""
    if not _REGISTRY.fullmatch(text):
        rule = "3 to 25 lower-case letters and digits, beginning with a letter"
        raise NameInvalid("registry name", text, rule)
    return text


def repository(text: str) -> str:
    """Raises `NameInvalid`."""
    if not _REPOSITORY.fullmatch(text):
        rule = "3 to 30 lower-case letters, digits and hyphens, with no hyphen at either end"
        raise NameInvalid("repository name", text, rule)
    return text


def image(text: str) -> str:
    """Raises `NameInvalid`."""
    if not all(_COMPONENT.fullmatch(part) for part in text.split("/")):
        rule = "lower-case letters and digits, separated by one of '.', '_', '__', '-' or '/'"
        raise NameInvalid("image name", text, rule)
    return text


@lru_cache(maxsize=4096)
def image_path(text: str, *, registry_name: str | None = None) -> ImagePath:
    """Read `registry/repository/image`, or `repository/image` when the host has named the registry.

    Raises `NameInvalid`, also when there are too few parts or more than 255 characters.
    """
    whole = text if registry_name is None else f"{registry_name}/{text}"
    parts = whole.split("/", PARTS - 1)
    if len(whole) > MAX_PATH:
        raise NameInvalid("image path", text, f"at most {MAX_PATH} characters")
    if len(parts) < PARTS:
        missing = "registry/repository/image" if registry_name is None else "repository/image"
        raise NameInvalid("image path", text, f"it has the parts {missing}, the image part may contain '/'")
    return ImagePath(registry(parts[0]), repository(parts[1]), image(parts[2]))


def tag(text: str) -> str:
    """Raises `TagInvalid`."""
    if not _TAG.fullmatch(text):
        raise TagInvalid(text)
    return text


def reference(text: str) -> Reference:
    """A digest if there is a colon in it, else a tag. Raises `DigestInvalid` or `TagInvalid`."""
    return digest.parse(text) if ":" in text else tag(text)


def user(text: str) -> str:
    """Raises `NameInvalid`."""
    if not _USER.fullmatch(text):
        rule = "2 to 64 lower-case letters, digits, '.', '_' and '-', beginning and ending with a letter or digit"
        raise NameInvalid("user name", text, rule)
    return text


def host(text: str) -> str:
    """A host name with an optional port, lower-cased. Raises `FieldInvalid`."""
    lowered = text.lower()
    if not _HOST.fullmatch(lowered):
        raise FieldInvalid("host", f"{text[:120]!r} is not a host name, such as registry.example.org or localhost:5000")
    return lowered


def description(text: str) -> str:
    """Raises `FieldInvalid`."""
    if len(text) > MAX_DESCRIPTION:
        raise FieldInvalid("description", f"at most {MAX_DESCRIPTION} characters, this has {len(text)}")
    return text


def natural(text: str) -> str:
    """A key that sorts as people count: runs of digits by their number, so 6.0.9 comes before 6.0.10."""
    return _DIGITS.sub(lambda run: f"{len(run[0].lstrip('0')):03d}{run[0].lstrip('0')}", text) + "\x01" + text


GRAM = 3

FALLBACK_BEGINS = tuple(f"{algorithm}-" for algorithm in digest.LENGTHS)
"""How fallback names begin."""


def grams(text: str) -> list[str]:
    """Each three characters of a text in small letters, with the two and the one at its end; each once, in order."""
    small = text.lower()
    return sorted({small[place : place + GRAM] for place in range(len(small))})


def fallback_subject(tag_name: str) -> Digest | None:
    """The subject that a fallback name such as `sha256-<hex>` or `sha256-<hex>.sig` speaks of (SPEC 10)."""
    match = _FALLBACK.fullmatch(tag_name)
    if match is None or len(match[2]) != digest.LENGTHS[match[1]]:
        return None
    return Digest(match[1], match[2])
