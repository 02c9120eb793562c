"""Text that comes out of an image, as it may be kept and shown: of one line, without control characters, not long."""

LONGEST = 255
"""Characters of a name or a version; those of real packages are far shorter."""


def text(raw: bytes, longest: int = LONGEST) -> str:
    decoded = raw[: 4 * longest].decode("utf-8", "replace")
    return "".join(each for each in decoded if each.isprintable()).strip()[:longest]
