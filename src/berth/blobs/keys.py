"""Names in a store: the ids of uploads and the keys of objects.

    3f0c0d8e-0d3b-4c8e-9a53-0c6d3f6f9d11                    an upload
    sha256/ab/abcdef….3f0c0d8e-0d3b-4c8e-9a53-0c6d3f6f9d11  the object it became

A key tells the digest of its bytes, and holds the id of its upload, so that no two uploads can become one object. What
is put at once has an id that no upload has. Only these exact forms are names: nothing that passes here can lead a store
to another place.
"""

import re

from berth.words.digest import LENGTHS, Digest

_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_UPLOAD = re.compile(_ID)
_KEYS = {
    algorithm: re.compile(rf"{algorithm}/([0-9a-f]{{2}})/(\1[0-9a-f]{{{length - 2}}})\.({_ID})")
    for algorithm, length in LENGTHS.items()
}


def key_of(digest: Digest, upload: str) -> str:
    return f"{digest.algorithm}/{digest.hex[:2]}/{digest.hex}.{upload}"


def digest_of(key: str) -> Digest:
    """Raises `ValueError` for what is no key."""
    return Digest(key.partition("/")[0], _match(key)[2])


def upload_of(key: str) -> str:
    """Raises `ValueError` for what is no key."""
    return _match(key)[3]


def is_key(text: str) -> bool:
    pattern = _KEYS.get(text.partition("/")[0])
    return pattern is not None and pattern.fullmatch(text) is not None


def is_upload(text: str) -> bool:
    return _UPLOAD.fullmatch(text) is not None


def check_key(key: str, *, upload: str | None = None) -> None:
    """Raises `ValueError` for what is no key, or not a key of this upload."""
    holder = upload_of(key)
    if upload is not None and holder != upload:
        raise ValueError(f"{key!r} is not a key of the upload {upload}")


def check_upload(upload: str) -> None:
    """Raises `ValueError` for what is no id."""
    if not is_upload(upload):
        raise ValueError(f"{upload!r} is not the id of an upload: a UUID in lower case")


def _match(key: str) -> re.Match[str]:
    pattern = _KEYS.get(key.partition("/")[0])
    match = pattern.fullmatch(key) if pattern else None
    if match is None:
        raise ValueError(f"{key!r} is not a key")
    return match
