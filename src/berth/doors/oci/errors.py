"""From a refusal to the answer of the OCI door (distribution-spec, section Error Codes)."""

import json
from typing import Any

from berth.doors.http import Answer
from berth.words import errors, time
from berth.words.errors import Refusal

ANSWERS: dict[type[Refusal], tuple[int, str]] = {
    errors.FieldInvalid: (400, "UNSUPPORTED"),
    errors.NameInvalid: (400, "NAME_INVALID"),
    errors.TagInvalid: (400, "TAG_INVALID"),
    errors.DigestInvalid: (400, "DIGEST_INVALID"),
    errors.ManifestInvalid: (400, "MANIFEST_INVALID"),
    errors.ManifestTooLarge: (413, "MANIFEST_INVALID"),
    errors.PartsMissing: (404, "MANIFEST_BLOB_UNKNOWN"),
    errors.DigestMismatch: (400, "DIGEST_INVALID"),
    errors.SizeMismatch: (400, "SIZE_INVALID"),
    errors.BlobTooLarge: (413, "SIZE_INVALID"),
    errors.ChunkOutOfOrder: (416, "BLOB_UPLOAD_INVALID"),
    errors.UploadBusy: (409, "BLOB_UPLOAD_INVALID"),
    errors.EndpointOff: (404, "NAME_UNKNOWN"),
    errors.RegistryUnknown: (404, "NAME_UNKNOWN"),
    errors.RepositoryUnknown: (404, "NAME_UNKNOWN"),
    errors.ImageUnknown: (404, "NAME_UNKNOWN"),
    errors.ManifestUnknown: (404, "MANIFEST_UNKNOWN"),
    errors.BlobUnknown: (404, "BLOB_UNKNOWN"),
    errors.UploadUnknown: (404, "BLOB_UPLOAD_UNKNOWN"),
    errors.UserUnknown: (404, "NAME_UNKNOWN"),
    errors.KeyUnknown: (404, "NAME_UNKNOWN"),
    errors.GrantUnknown: (404, "NAME_UNKNOWN"),
    errors.TrashUnknown: (404, "UNSUPPORTED"),
    errors.RunUnknown: (404, "UNSUPPORTED"),
    errors.WaiverUnknown: (404, "UNSUPPORTED"),
    errors.OperationUnknown: (404, "UNSUPPORTED"),
    errors.AlreadyExists: (403, "DENIED"),
    errors.NotEmpty: (403, "DENIED"),
    errors.LastAdministrator: (403, "DENIED"),
    errors.Stale: (403, "DENIED"),
    errors.ManifestReferenced: (403, "DENIED"),
    errors.ReferrerHeld: (403, "DENIED"),
    errors.BlobHeld: (403, "DENIED"),
    errors.ImageDeleting: (403, "DENIED"),
    errors.ImageInactive: (403, "DENIED"),
    errors.ImageBusy: (403, "DENIED"),
    errors.RunGoesOn: (403, "DENIED"),
    errors.RunNotWaiting: (403, "DENIED"),
    errors.ManifestDeleting: (403, "DENIED"),
    errors.ManifestInactive: (403, "DENIED"),
    errors.NotScannable: (403, "DENIED"),
    errors.NoAdvisories: (403, "DENIED"),
    errors.NotScanned: (403, "DENIED"),
    errors.WaiverEnded: (403, "DENIED"),
    errors.PlaceDeleting: (403, "DENIED"),
    errors.Locked: (403, "DENIED"),
    errors.TagImmutable: (403, "DENIED"),
    errors.TagInUse: (403, "DENIED"),
    errors.Unrestorable: (403, "DENIED"),
    errors.PullRestricted: (403, "DENIED"),
    errors.Unauthenticated: (401, "UNAUTHORIZED"),
    errors.TokenTooNarrow: (401, "UNAUTHORIZED"),
    errors.Denied: (403, "DENIED"),
    errors.TooManyAttempts: (429, "TOOMANYREQUESTS"),
}


def answer(refusal: Refusal, *, reading: bool) -> Answer:
    """The answer to a refusal; a name that cannot be is simply unknown to whoever reads."""
    status, code = ANSWERS[type(refusal)]
    if reading and isinstance(refusal, errors.NameInvalid):
        status = 404
    found = error(status, code, str(refusal), _detail(refusal))
    if isinstance(refusal, errors.TooManyAttempts):
        found.headers.append(("Retry-After", str(refusal.retry_after)))
    if isinstance(refusal, errors.ChunkOutOfOrder):
        found.headers.append(("Range", f"0-{max(refusal.offset - 1, 0)}"))
    return found


def error(status: int, code: str, message: str, detail: Any = None) -> Answer:  # Any: JSON
    document = {"errors": [{"code": code, "message": message, "detail": detail}]}
    body = json.dumps(document, ensure_ascii=False).encode(errors="backslashreplace")
    return Answer(status, [("Content-Type", "application/json")], body)


def _lock(locked: errors.Locked) -> Any:  # Any: JSON
    until = None if locked.until is None else time.text(locked.until)
    facts = {"locked": locked.what, "by": locked.by, "at": time.text(locked.at)}
    return {**facts, "reason": locked.reason, "until": until}


def _detail(refusal: Refusal) -> Any:  # Any: JSON
    """The facts that a client could act on."""
    detail: Any = None  # Any: JSON
    match refusal:
        case errors.PartsMissing():
            detail = [{"digest": str(digest)} for digest in [*refusal.blobs, *refusal.manifests]]
        case errors.BlobUnknown():
            detail = {"digest": str(refusal.digest)}
        case errors.ManifestReferenced():
            detail = {"digest": str(refusal.digest), "parents": refusal.parents}
        case errors.BlobHeld():
            detail = {"digest": str(refusal.digest), "holder": refusal.holder}
        case errors.Locked():
            detail = _lock(refusal)
        case errors.ReferrerHeld():
            detail = {"digest": str(refusal.subject), "referrer": refusal.referrer}
        case errors.PullRestricted():
            detail = refusal.facts
    return detail
