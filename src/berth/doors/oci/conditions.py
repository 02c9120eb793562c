"""Conditions of a read (RFC 9110, section 13). The tag of an entity is its digest, so it never changes."""

from berth.doors.http import Headers


def is_known(headers: Headers, content: str) -> bool:
    """The client has this content already, by `If-None-Match`; a weak comparison is enough."""
    condition = headers.get("if-none-match")
    if not condition:
        return False
    wanted = {item.strip().removeprefix("W/").strip('"') for item in condition.split(",")}
    return "*" in wanted or content in wanted


def wants_range(headers: Headers, content: str) -> bool:
    """The client means its `Range` for this content; `If-Range` may say that it means another, or a date."""
    condition = headers.get("if-range")
    return not condition or condition == f'"{content}"'
