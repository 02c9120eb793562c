"""Where things stand at this door.

An image's name may contain slashes, but no part of it is `-`: what stands behind `/-/` is never part of a name.
"""

from starlette.convertors import Convertor, register_url_convertor


class _Image(Convertor[str]):
    """One or more parts with slashes between, none of them `-`."""

    regex = r"(?!-(?:/|$))[^/]+(?:/(?!-(?:/|$))[^/]+)*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class _Digest(_Image):
    """Has a colon, so `lock` and `delete` beside it are none."""

    regex = r"[^/:]+:[^/]+"


register_url_convertor("image", _Image())
register_url_convertor("digest", _Digest())

PREFIX = "/api/v1"
OPENAPI = f"{PREFIX}/openapi.json"

REGISTRY = "/registries/{registry_name}"
REPOSITORIES = REGISTRY + "/repositories"
REPOSITORY = REPOSITORIES + "/{repository_name}"
IMAGES = REPOSITORY + "/images"
IMAGE = IMAGES + "/{image_name:image}"
DIGESTS = IMAGE + "/-/digests"
DIGEST = DIGESTS + "/{digest:digest}"
TAGS = IMAGE + "/-/tags"
TAG = TAGS + "/{tag}"
ADVISORIES = "/advisories"
TRASH = REPOSITORY + "/trash"
REPOSITORIES_TRASH = REGISTRY + "/trash"
REGISTRIES_TRASH = "/trash"
