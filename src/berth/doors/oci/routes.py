"""Where a path of `/v2` leads. The last of the words decides, since names may contain them too."""

import re
from dataclasses import dataclass
from enum import Enum

from berth.words.actions import Action


class Kind(Enum):
    MANIFEST = "manifest"
    BLOB = "blob"
    UPLOADS = "uploads"
    UPLOAD = "upload"
    TAGS = "tags"
    REFERRERS = "referrers"


@dataclass(frozen=True, slots=True)
class Route:
    kind: Kind
    name: str
    rest: str
    """A reference, a digest or the id of an upload."""


_ENDINGS = (
    (Kind.UPLOADS, re.compile(r"/v2/(.+)/blobs/uploads/?()")),
    (Kind.UPLOAD, re.compile(r"/v2/(.+)/blobs/uploads/([^/]+)")),
    (Kind.MANIFEST, re.compile(r"/v2/(.+)/manifests/([^/]+)")),
    (Kind.BLOB, re.compile(r"/v2/(.+)/blobs/([^/]+)")),
    (Kind.TAGS, re.compile(r"/v2/(.+)/tags/list()")),
    (Kind.REFERRERS, re.compile(r"/v2/(.+)/referrers/([^/]+)")),
)


def find(path: str) -> Route | None:
    for kind, ending in _ENDINGS:
        match = ending.fullmatch(path)
        if match is not None:
            return Route(kind, match[1], match[2])
    return None


def action(kind: Kind, method: str) -> Action:
    """What a caller must be allowed to do."""
    if kind in (Kind.UPLOADS, Kind.UPLOAD):
        return Action.PUSH
    if method in ("GET", "HEAD"):
        return Action.PULL
    return Action.DELETE if method == "DELETE" else Action.PUSH
