"""Values that have the shape of secrets and are none. They are put together here so that nothing finds them here."""

import base64
import hashlib
import string
from collections.abc import Iterator

ALNUM = string.ascii_letters + string.digits


def word(length: int, letters: str = ALNUM, seed: str = "berth") -> str:
    """Always the same one for a seed."""
    noise = hashlib.shake_256(seed.encode()).digest(length)
    return "".join(letters[byte % len(letters)] for byte in noise)


AWS_ID = "AKI" + "A" + word(16, string.ascii_uppercase + "234567")
AWS_SESSION_ID = "ASI" + "A" + word(16, string.ascii_uppercase + "234567")
AWS_KEY = word(40, ALNUM + "/+")
GITHUB = "gh" + "p_" + word(36)
GITHUB_FINE = "github" + "_pat_" + word(22) + "_" + word(59)
GITLAB = "glp" + "at-" + word(20, ALNUM + "-_")
GITLAB_ROUTABLE = "glp" + "at-" + word(27, ALNUM) + ".01." + word(9, string.ascii_lowercase + string.digits)


def lines_of_key(length: int = 1200, seed: str = "key") -> Iterator[str]:
    body = base64.b64encode(hashlib.shake_256(seed.encode()).digest(length)).decode()
    return (body[at : at + 64] for at in range(0, len(body), 64))


def private_key(kind: str = "RSA PRIVATE", newline: str = "\n", length: int = 1200, block: str = "") -> str:
    """As `openssl` and `ssh-keygen` write them."""
    edge = f"{kind} KEY{block}-----"
    return newline.join([f"-----BEGIN {edge}", *lines_of_key(length), f"-----END {edge}"]) + newline
