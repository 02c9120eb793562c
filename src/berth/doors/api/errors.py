"""From a refusal to a problem document (RFC 9457), the one shape in which this door says no."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from berth.doors.http import Answer
from berth.words import errors, time
from berth.words.errors import Refusal

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:berth:problem:"
CHALLENGE = 'Basic realm="Berth", charset="UTF-8"'

ANSWERS: dict[type[Refusal], tuple[int, str]] = {
    errors.FieldInvalid: (400, "field-invalid"),
    errors.NameInvalid: (400, "field-invalid"),
    errors.TagInvalid: (400, "field-invalid"),
    errors.DigestInvalid: (400, "field-invalid"),
    errors.ManifestInvalid: (400, "manifest-invalid"),
    errors.ManifestTooLarge: (413, "too-large"),
    errors.PartsMissing: (409, "parts-missing"),
    errors.DigestMismatch: (400, "digest-mismatch"),
    errors.SizeMismatch: (400, "size-mismatch"),
    errors.BlobTooLarge: (413, "too-large"),
    errors.ChunkOutOfOrder: (409, "upload-out-of-order"),
    errors.UploadBusy: (409, "upload-busy"),
    errors.EndpointOff: (404, "unknown"),
    errors.RegistryUnknown: (404, "unknown"),
    errors.RepositoryUnknown: (404, "unknown"),
    errors.ImageUnknown: (404, "unknown"),
    errors.ManifestUnknown: (404, "unknown"),
    errors.BlobUnknown: (404, "unknown"),
    errors.UploadUnknown: (404, "unknown"),
    errors.UserUnknown: (404, "unknown"),
    errors.KeyUnknown: (404, "unknown"),
    errors.GrantUnknown: (404, "unknown"),
    errors.TrashUnknown: (404, "unknown"),
    errors.RunUnknown: (404, "unknown"),
    errors.WaiverUnknown: (404, "unknown"),
    errors.OperationUnknown: (404, "unknown"),
    errors.AlreadyExists: (409, "already-exists"),
    errors.NotEmpty: (409, "not-empty"),
    errors.LastAdministrator: (409, "last-administrator"),
    errors.Stale: (412, "stale"),
    errors.ManifestReferenced: (409, "referenced"),
    errors.ReferrerHeld: (409, "referrer-held"),
    errors.BlobHeld: (409, "referenced"),
    errors.ImageDeleting: (409, "image-deleting"),
    errors.ImageInactive: (409, "image-inactive"),
    errors.ImageBusy: (409, "image-busy"),
    errors.RunGoesOn: (409, "run-goes-on"),
    errors.RunNotWaiting: (409, "run-not-waiting"),
    errors.ManifestDeleting: (409, "digest-deleting"),
    errors.ManifestInactive: (409, "digest-inactive"),
    errors.NotScannable: (409, "not-scannable"),
    errors.NoAdvisories: (409, "no-advisories"),
    errors.NotScanned: (409, "not-scanned"),
    errors.WaiverEnded: (409, "waiver-ended"),
    errors.PlaceDeleting: (409, "place-deleting"),
    errors.Locked: (423, "locked"),
    errors.TagImmutable: (409, "tag-immutable"),
    errors.TagInUse: (409, "tag-in-use"),
    errors.Unrestorable: (409, "unrestorable"),
    errors.PullRestricted: (403, "pull-restricted"),
    errors.Unauthenticated: (401, "unauthenticated"),
    errors.TokenTooNarrow: (401, "unauthenticated"),
    errors.Denied: (403, "denied"),
    errors.TooManyAttempts: (429, "too-many-attempts"),
}

FieldProblem = tuple[str, str]
"""The name of a field as the client wrote it, and what is wrong with it."""


class Problem(Exception):
    """Something that only this door refuses."""

    def __init__(self, status: int, kind: str, detail: str, fields: Sequence[FieldProblem] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.fields = fields


def in_short(refusal: Refusal) -> dict[str, Any]:  # Any: JSON values
    """What a problem document says, for one of several things that were asked for together."""
    status, kind = ANSWERS[type(refusal)]
    return {"type": TYPE + kind, "title": _title(kind), "status": status, "detail": str(refusal), **_facts(refusal)}


def refused(refusal: Refusal, request_id: str) -> Answer:
    status, kind = ANSWERS[type(refusal)]
    answer = problem(status, kind, str(refusal), request_id, fields=_fields(refusal), facts=_facts(refusal))
    if isinstance(refusal, errors.TooManyAttempts):
        answer.headers.append(("Retry-After", str(refusal.retry_after)))
    return answer


def problem(
    status: int,
    kind: str,
    detail: str,
    request_id: str,
    *,
    fields: Sequence[FieldProblem] = (),
    facts: Mapping[str, Any] | None = None,  # Any: JSON values
) -> Answer:
    document = {
        "type": TYPE + kind,
        "title": _title(kind),
        "status": status,
        "detail": detail,
        "request_id": request_id,
    }
    if fields:
        document["errors"] = [{"field": field, "reason": reason} for field, reason in fields]
    body = json.dumps({**document, **(facts or {})}, ensure_ascii=False).encode(errors="backslashreplace")
    answer = Answer(status, [("Content-Type", MEDIA_TYPE), ("Cache-Control", "no-store")], body)
    if status == 401:  # noqa: PLR2004  RFC 9110
        answer.headers.append(("WWW-Authenticate", CHALLENGE))
    return answer


def _title(kind: str) -> str:
    return kind.replace("-", " ").capitalize()


def _fields(refusal: Refusal) -> list[FieldProblem]:
    match refusal:
        case errors.FieldInvalid():
            return [(refusal.field, refusal.reason)]
        case errors.NameInvalid():
            return [("name", refusal.rule)]
        case errors.TagInvalid():
            return [("tag", str(refusal))]
        case errors.DigestInvalid():
            return [("digest", refusal.reason)]
    return []


def _facts(refusal: Refusal) -> dict[str, Any]:  # Any: JSON values
    """What a program could act on."""
    facts: dict[str, Any] = {}
    match refusal:
        case errors.NotEmpty():
            facts = {"holds": refusal.contents}
        case errors.ManifestReferenced():
            facts = {"digest": str(refusal.digest), "parents": refusal.parents}
        case errors.ReferrerHeld():
            facts = {"digest": str(refusal.subject), "referrer": refusal.referrer}
        case errors.BlobHeld():
            facts = {"digest": str(refusal.digest), "holder": refusal.holder}
        case errors.PartsMissing():
            facts = {"missing": [str(digest) for digest in [*refusal.blobs, *refusal.manifests]]}
        case errors.ImageBusy():
            facts = {"operation": refusal.operation}
        case errors.TagInUse():
            facts = {"tag": refusal.tag, "holder": refusal.holder, "offered": refusal.offered}
        case errors.Locked():
            facts = {"lock": _lock(refusal)}
    return facts


def _lock(locked: errors.Locked) -> dict[str, Any]:  # Any: JSON values
    until = None if locked.until is None else time.text(locked.until)
    return {
        "what": locked.what,
        "by": locked.by,
        "at": time.text(locked.at),
        "reason": locked.reason,
        "until": until,
    }
