"""The id of an upload says by itself when it began, with which algorithm, and that it is for the image of one path.

So nothing is read or written when an upload begins, and any replica can go on with it. It looks like any UUID:

    seconds since 1970    algorithm and chance    seal
    4 bytes               6 bytes                 6 bytes

The seal is a keyed hash (BLAKE2b, RFC 7693) of the rest, the repository and the path of the image, with a key that all
replicas share. Whoever made up an id would gain no more than an upload into an image that they may push to anyway; it
keeps one image's upload from being gone on with through another.
"""

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from berth.blobs.keys import is_upload
from berth.db import Database
from berth.people import signing_keys
from berth.people.signing_keys import Made
from berth.site import Site

PURPOSE = "upload"
ALGORITHMS = ("sha256", "sha512")
_STARTED, _CHANCE = 4, 6
_SEALED = _STARTED + _CHANCE

_keys: WeakKeyDictionary[Database, bytes] = WeakKeyDictionary()


@dataclass(frozen=True)
class Ticket:
    started: datetime
    """To the second."""
    algorithm: str


def issue(site: Site, repository_id: int, path: str, algorithm: str, *, at: datetime) -> str:
    chance = bytearray(secrets.token_bytes(_CHANCE))
    chance[0] = chance[0] & 0x7F | ALGORITHMS.index(algorithm) << 7
    told = int(at.timestamp()).to_bytes(_STARTED, "big") + chance
    return str(uuid.UUID(bytes=told + _seal(site, repository_id, path, told)))


def read(site: Site, repository_id: int, path: str, upload_id: str) -> Ticket | None:
    """None for what is no id of an upload into this image."""
    if not is_upload(upload_id):
        return None
    whole = uuid.UUID(upload_id).bytes
    told, seal = whole[:_SEALED], whole[_SEALED:]
    if not hmac.compare_digest(seal, _seal(site, repository_id, path, told)):
        return None
    return Ticket(started(upload_id), ALGORITHMS[told[_STARTED] >> 7])


def started(upload_id: str) -> datetime:
    """When the upload with this id began, whoever it is for."""
    return datetime.fromtimestamp(int(upload_id[: 2 * _STARTED], 16), UTC)


def _seal(site: Site, repository_id: int, path: str, told: bytes) -> bytes:
    text = told + repository_id.to_bytes(8, "big") + path.encode()
    return hashlib.blake2b(text, key=seal_key(site), digest_size=16 - _SEALED).digest()


def seal_key(site: Site) -> bytes:
    """The key of the seals, read once by each process."""
    key = _keys.get(site.db)
    if key is None:
        key = _keys[site.db] = bytes.fromhex(signing_keys.kept(site, PURPOSE, _made))
    return key


def _made() -> Made:
    key = secrets.token_bytes(32)
    return Made(hashlib.sha256(key).hexdigest(), key.hex())
