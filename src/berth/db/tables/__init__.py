"""The tables, drawn once.

    registry ── repository ── image ─┬─ manifest ─┬─ manifest_body      the exact bytes
                                     │            ├─ manifest_edge      index -> child
                                     │            ├─ manifest_blob      config and layers
                                     │            └─ manifest_platform  what it is for
                                     ├─ tag ── tag_history · tag_gram    parts of names
                                     └─ image_blob ── blob              bytes, shared by all images
    repository ── trash ── trash_blob · trash_history
    registry, repository ── waiver      by the names of images and digests
    image ── image_measure · refused_pull · retention_run ── retention_item, retention_push
    manifest ── scan · scan_result ─┬─ result_component ── component ── component_match ── vulnerability
                                    └─ scan_body                           vulnerability_name ──┘
    scan_layer · scan_turn · advisory_file · reevaluation ── reevaluated
    account ── access_key · grant_ · refresh_token · session · identity
    audit_event · operation · job · schedule · throttle · signing_key · change · ended_upload

Counts and facts that a list shows are columns of the row shown. Names of people are kept as text, so
that a deleted user's deeds stay readable.
"""

from berth.db.tables.contents import (
    UNTAGGED,
    blob,
    image_blob,
    manifest,
    manifest_blob,
    manifest_body,
    manifest_edge,
    manifest_platform,
    tag,
    tag_gram,
    tag_history,
)
from berth.db.tables.people import access_key, account, grant_, identity, refresh_token, session, signing_key, throttle
from berth.db.tables.places import AWAY, LEAVING, TRASHED, image, image_measure, registry, repository
from berth.db.tables.restriction import refused_pull
from berth.db.tables.retention import retention_item, retention_push, retention_run
from berth.db.tables.scans import (
    advisory_file,
    component,
    component_match,
    reevaluated,
    reevaluation,
    result_component,
    scan,
    scan_body,
    scan_layer,
    scan_result,
    scan_turn,
    vulnerability,
    vulnerability_name,
)
from berth.db.tables.shared import metadata
from berth.db.tables.traffic import ended_upload, operation, pulled_by, trash, trash_blob, trash_history
from berth.db.tables.waivers import waiver
from berth.db.tables.work import audit_event, change, job, schedule

__all__ = [
    "AWAY",
    "LEAVING",
    "TRASHED",
    "UNTAGGED",
    "access_key",
    "account",
    "advisory_file",
    "audit_event",
    "blob",
    "change",
    "component",
    "component_match",
    "ended_upload",
    "grant_",
    "identity",
    "image",
    "image_blob",
    "image_measure",
    "job",
    "manifest",
    "manifest_blob",
    "manifest_body",
    "manifest_edge",
    "manifest_platform",
    "metadata",
    "operation",
    "pulled_by",
    "reevaluated",
    "reevaluation",
    "refresh_token",
    "refused_pull",
    "registry",
    "repository",
    "result_component",
    "retention_item",
    "retention_push",
    "retention_run",
    "scan",
    "scan_body",
    "scan_layer",
    "scan_result",
    "scan_turn",
    "schedule",
    "session",
    "signing_key",
    "tag",
    "tag_gram",
    "tag_history",
    "throttle",
    "trash",
    "trash_blob",
    "trash_history",
    "vulnerability",
    "vulnerability_name",
    "waiver",
]
