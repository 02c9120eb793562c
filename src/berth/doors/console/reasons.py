"""Reasons as the rooms give them, in the viewer's language, and fields by the names that forms show.

Rooms speak English to every door. What is in no table here is shown as they said it.
"""

import re

from berth.doors.console.languages import Language
from berth.doors.console.languages import mark as _
from berth.people import provider, sign_in

FIELDS = {
    "actions": _("Rights"),
    "again": _("New password once more"),
    "breaker_count": _("When more digests would be deleted than"),
    "breaker_share": _("When more percent of the digests would be deleted than"),
    "critical": _("Critical, at most"),
    "description": _("Description"),
    "expires": _("Expires at the end of"),
    "expression": _("Only images all of whose tags match"),
    "grace_days": _("Grace for new findings, days"),
    "high": _("High, at most"),
    "immutable_tags": _("Immutable tags"),
    "keep_matching": _("Keep tags that match"),
    "keep_newest": _("Keep the newest tags, how many"),
    "keep_pulled_days": _("Keep what was pulled in the last days"),
    "keep_untagged_days": _("Keep for days after the last tag is gone"),
    "document": _("Document, OpenVEX 0.2.0"),
    "impact": _("Why it is not affected, in words"),
    "justification": _("Why it is not affected"),
    "language": _("Language"),
    "name": _("Name"),
    "new": _("New password"),
    "old_days": _("Period for old images, days"),
    "owner": _("Who is responsible"),
    "package": _("Package"),
    "password": _("Password"),
    "place": _("Registry and repository"),
    "policies": _("Policies"),
    "private_host": _("Host of the private endpoint"),
    "public_host": _("Host of the public endpoint"),
    "reason": _("Reason"),
    "tags": _("Tags"),
    "until": _("Until the end of"),
    "untagged_days": _("Period for untagged images, days"),
    "visibility": _("Access"),
    "vulnerability": _("Vulnerability"),
    "wait_seconds": _("Wait for a check that goes on, seconds"),
}
"""By the name of a field its label; one that is not here needs no name, for there is only one, or it is no field."""

CALLED = {
    "add": "tags",
    "digests": "digest",
    "expires_at": "expires",
    "move": "tags",
    "remove": "tags",
    "scopes": "place",
}
"""Fields that a form calls otherwise than the rooms do."""

_KNOWN = (
    # of fields
    (r"a whole number from (?P<least>\d+) to (?P<most>\d+)", _("Enter a whole number from %(least)s to %(most)s.")),
    (
        r"a whole number of percent from (?P<least>\d+) to (?P<most>\d+)",
        _("Enter a whole number of percent from %(least)s to %(most)s."),
    ),
    (r"at most (?P<most>\d+) characters, this has (?P<has>\d+)", _("At most %(most)s characters; this has %(has)s.")),
    (r"(?P<least>\d+) to (?P<most>\d+) characters", _("%(least)s to %(most)s characters.")),
    (r"it must be in the future", _("It must be in the future.")),
    (
        r"1 to 130 letters, digits, '_', '\.', '-' and '\*', beginning with none of '\.' and '-'",
        _("1 to 130 letters, digits, '_', '.', '-' and '*', beginning with none of '.' and '-'."),
    ),
    (r"one in (?P<registry>\S+), where it is", _("One in %(registry)s, where it is.")),
    (r"a robot has none", _("A robot has none.")),
    (r"a person needs one", _("A person needs one.")),
    (r"'(?P<name>.+)' is a robot account, .*", _("%(name)s is a robot, which has keys and no password.")),
    (
        r"'(?P<value>.*)' is not a host name, .*",
        _("%(value)s is no host name, such as registry.example.org or localhost:5000."),
    ),
    (r"the private endpoint has this (?:host|listener)", _("The private endpoint has it.")),
    (r"type (?P<place>\S+) to delete it with everything inside", _("Type %(place)s to delete everything inside.")),
    (r"there is nothing to add, rename, move or remove", _("Nothing would change.")),
    (r"at most (?P<most>\d+)(?: names)? in one request, these are (?P<has>\d+)", _("At most %(most)s at a time.")),
    (r"the tag (?P<tag>\S+) is named twice", _("The tag %(tag)s is named twice.")),
    (r"it must name at least one|at least one action or role", _("Select at least one.")),
    (r"the tag (?P<tag>\S+) pointed at nothing on (?P<at>\S+)", _("The tag %(tag)s did not exist then.")),
    # of names
    (
        r"3 to 25 lower-case letters and digits, beginning with a letter",
        _("3 to 25 small letters and digits, beginning with a letter"),
    ),
    (
        r"3 to 30 lower-case letters, digits and hyphens, with no hyphen at either end",
        _("3 to 30 small letters, digits and '-' between them"),
    ),
    (
        r"2 to 64 lower-case letters, digits, '\.', '_' and '-', beginning and ending with a letter or digit",
        _("2 to 64 small letters, digits, '.', '_' and '-', beginning and ending with a letter or digit"),
    ),
    (r"(?P<taken>.+) and names that begin with '(?P<prefix>.+)' are taken", _("It is taken.")),
    # of access
    (r"only an administrator may do this, .*", _("only an administrator may do this")),
    (r"this needs the right to (?P<right>.+) on (?P<place>\S+)", _("this needs %(right)s on %(place)s")),
    (re.escape(sign_in.REFUSED), _("Wrong user name or password.")),
    (r"the token is no longer good", _("This account may not sign in any more.")),
    (r"the provider names nobody", _("The sign-in provider has not said who you are.")),
    (re.escape(provider.AWAY), _("The sign-in provider could not be reached. Try again in a moment.")),
    (f"{re.escape(provider.SAID_NO)}: (?P<why>.*)", _("The sign-in provider has not let you in: %(why)s.")),
    (re.escape(provider.NOT_GOOD), _("The sign-in provider has answered in a way that cannot be used.")),
    (re.escape(provider.FOR_ANOTHER), _("The sign-in provider has answered for somebody else.")),
    # of what stays or cannot come back
    (r"is locked: (?P<why>.+)", _("is locked: %(why)s")),
    (r"is listed by (?P<holders>.+)", _("is listed by %(holders)s")),
    (r"has the tag (?P<tag>.+)", _("has the tag %(tag)s")),
    (r"it is gone for good", _("it is gone for good")),
    (r"it is in the trash, as entry (?P<entry>\d+); .*", _("it is in the trash; restore it first")),
    (r"nothing of it is in the trash any more", _("nothing of it is in the trash any more")),
    (r"it lists (?P<missing>.+), which is gone for good", _("it lists %(missing)s, which is gone for good")),
    (r"(?P<count>\d+) repositor(?:y|ies)", _("repositories: %(count)s")),
    (r"(?P<count>\d+) images?", _("images: %(count)s")),
)
_REASONS = tuple((re.compile(pattern, re.DOTALL), sentence) for pattern, sentence in _KNOWN)


def said(reason: str, language: Language) -> str:
    for pattern, sentence in _REASONS:
        found = pattern.fullmatch(reason)
        if found is not None:
            return language.said(sentence, **found.groupdict())
    return reason


def field(name: str) -> str:
    """As forms call it."""
    return CALLED.get(name, name)


def of_field(name: str, reason: str, language: Language) -> str:
    """What is wrong with a field, after its label where it has one."""
    label = FIELDS.get(field(name))
    text = said(reason, language)
    return text if label is None else f"{language.said(label)}: {text}"
