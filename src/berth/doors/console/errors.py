"""From a refusal to what a page says: a status, and a sentence in the viewer's language.

Sentences name facts of the refusal; where there is none here, the refusal's own is shown.
"""

from berth.doors.console import reasons
from berth.doors.console.languages import Language
from berth.doors.console.languages import mark as _
from berth.words import errors
from berth.words.errors import Refusal

NOT_FOUND = _("Not found, or you do not have access.")

ANSWERS: dict[type[Refusal], tuple[int, str]] = {
    errors.FieldInvalid: (422, ""),
    errors.NameInvalid: (422, _("%(value)s is no name for this: %(rule)s")),
    errors.TagInvalid: (422, _("%(value)s is no tag name: letters, digits, '_', '.' and '-', at most 128.")),
    errors.DigestInvalid: (404, NOT_FOUND),
    errors.ManifestInvalid: (422, ""),
    errors.ManifestTooLarge: (413, ""),
    errors.PartsMissing: (409, ""),
    errors.DigestMismatch: (422, ""),
    errors.SizeMismatch: (422, ""),
    errors.BlobTooLarge: (413, ""),
    errors.ChunkOutOfOrder: (409, ""),
    errors.UploadBusy: (409, ""),
    errors.EndpointOff: (404, NOT_FOUND),
    errors.RegistryUnknown: (404, NOT_FOUND),
    errors.RepositoryUnknown: (404, _("Repository not found, or you do not have access.")),
    errors.ImageUnknown: (404, NOT_FOUND),
    errors.ManifestUnknown: (404, _("This digest no longer exists.")),
    errors.BlobUnknown: (404, NOT_FOUND),
    errors.UploadUnknown: (404, NOT_FOUND),
    errors.UserUnknown: (404, NOT_FOUND),
    errors.KeyUnknown: (404, NOT_FOUND),
    errors.GrantUnknown: (404, NOT_FOUND),
    errors.TrashUnknown: (404, NOT_FOUND),
    errors.RunUnknown: (404, NOT_FOUND),
    errors.WaiverUnknown: (404, NOT_FOUND),
    errors.OperationUnknown: (404, NOT_FOUND),
    errors.AlreadyExists: (409, _("%(name)s exists already.")),
    errors.NotEmpty: (409, _("%(name)s is not empty: it holds %(contents)s.")),
    errors.LastAdministrator: (409, _("This is the last administrator who can sign in.")),
    errors.Stale: (
        409,
        _("Somebody changed this meanwhile."),
    ),
    errors.ManifestReferenced: (409, _("Other tags refer to this digest: %(parents)s. Delete those first.")),
    errors.ReferrerHeld: (409, _("Kept, because its referrer %(referrer)s %(reason)s.")),
    errors.BlobHeld: (409, ""),
    errors.ImageDeleting: (409, _("This image is being deleted.")),
    errors.ImageInactive: (409, _("Deletion failed. The image cannot be used. Only delete is available.")),
    errors.ImageBusy: (409, _("This image is being edited. Try again in a moment.")),
    errors.RunGoesOn: (409, _("A test or run of this image's policy is going on. Try again in a moment.")),
    errors.RunNotWaiting: (409, _("This run does not wait for an approval any more.")),
    errors.ManifestDeleting: (409, _("This digest is being deleted.")),
    errors.ManifestInactive: (409, _("Deletion failed. The digest cannot be used. Only delete is available.")),
    errors.NotScannable: (409, _("This is no image: there is nothing in it to be checked.")),
    errors.NoAdvisories: (409, _("There are no advisories yet.")),
    errors.NotScanned: (409, _("There is no result of a check yet.")),
    errors.WaiverEnded: (409, _("This waiver was ended by %(by)s. Make another one.")),
    errors.PlaceDeleting: (409, _("%(name)s is being deleted, or its deletion has failed. %(reason)s")),
    errors.Locked: (409, _("Locked. Unlock it before you delete or update it.")),
    errors.TagImmutable: (409, _("%(tag)s is not moved: tags that match %(expression)s are immutable here.")),
    errors.TagInUse: (409, _("%(tag)s is in use for %(holder)s; %(offered)s is free.")),
    errors.Unrestorable: (409, _("%(what)s cannot be restored: %(reason)s")),
    errors.PullRestricted: (403, _("This may not be pulled: %(text)s")),
    errors.Unauthenticated: (422, "%(reason)s"),
    errors.TokenTooNarrow: (403, ""),
    errors.Denied: (403, _("Not allowed: %(reason)s")),
    errors.TooManyAttempts: (429, _("Too many requests. Try again in %(retry_after)s seconds.")),
}

WHY = ("reason", "rule", "contents")
"""Facts that are themselves said in words."""


def status(refusal: Refusal) -> int:
    return ANSWERS[type(refusal)][0]


def sentence(refusal: Refusal, language: Language) -> str:
    if isinstance(refusal, errors.FieldInvalid):
        return reasons.of_field(refusal.field, refusal.reason, language)
    if isinstance(refusal, errors.Locked):
        return _locked(refusal, language)
    known = ANSWERS[type(refusal)][1]
    facts = {name: _shown(name, fact, language) for name, fact in vars(refusal).items()}
    return language.said(known, **facts) if known else str(refusal)


def _locked(lock: errors.Locked, language: Language) -> str:
    """What to do about it, who has locked it, until when and why (SPEC 4.3)."""
    facts = {"what": lock.what, "by": lock.by}
    if lock.until is None:
        who = language.said(_("%(what)s is locked by %(by)s."), **facts)
    else:
        until = f"{lock.until:%Y-%m-%d %H:%M} UTC"
        who = language.said(_("%(what)s is locked by %(by)s until %(until)s."), **facts, until=until)
    why = [language.said(_("Reason: %(why)s"), why=lock.reason)] if lock.reason else []
    return " ".join([language.gettext(ANSWERS[errors.Locked][1]), who, *why])


def _shown(name: str, fact: object, language: Language) -> str:
    if isinstance(fact, list):
        return ", ".join(map(str, fact))
    return reasons.said(str(fact), language) if name in WHY else str(fact)


def field(refusal: Refusal | None) -> str | None:
    """The field of a form that is wrong, when it is one."""
    match refusal:
        case errors.FieldInvalid():
            return reasons.field(refusal.field)
        case errors.NameInvalid():
            return "name"
        case errors.TagInvalid():
            return "tags"
    return None
