"""Scans: who waits for one, what was found, and what advisories say of it.

    manifest ──> scan_result ── result_component ──> component ── component_match ──> vulnerability
       └── scan      └── scan_body                                                        └── vulnerability_name

A result is one for each digest and scanner, whichever images have it. Packages and secrets stand in its body; what
they are matched by are components, which many results share.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from berth.db.columns import ID, Instant
from berth.db.tables.shared import metadata

scan = Table(
    "scan",
    metadata,
    Column("id", ID, primary_key=True),
    Column("manifest_id", ForeignKey("manifest.id", ondelete="CASCADE"), nullable=False),
    Column("repository_id", BigInteger, nullable=False),  # whose turn it is
    Column("priority", Integer, nullable=False),  # the least first: by hand, on push, anew
    Column("state", String(8), nullable=False),  # queued | running | done | failed
    Column("code", String(30), nullable=False, server_default=""),  # of a failure, or of what it waits for
    Column("reason", Text, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", Instant, nullable=False),
    Column("leased_until", Instant),
    Column("asked_by", String(200), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("scanner", String(200), nullable=False, server_default=""),  # with its version
    Column("advisories", String(64), nullable=False, server_default=""),  # the build it was matched with
    Column("tally", JSON(none_as_null=True)),
    Index("ix_scan_manifest", "manifest_id", "id"),
    Index("ix_scan_next", "state", "priority", "repository_id", "id"),
    Index(
        "uq_scan_going_on",
        "manifest_id",
        unique=True,
        sqlite_where=text("state IN ('queued', 'running')"),
        postgresql_where=text("state IN ('queued', 'running')"),
    ),
)
"""Scans that are asked for and those that ended, the queue and its history in one."""

scan_turn = Table(
    "scan_turn",
    metadata,
    Column("repository_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
)
"""When a repository last had its turn, so that one mass push does not keep the others waiting."""

scan_layer = Table(
    "scan_layer",
    metadata,
    Column("digest", String(135), primary_key=True),
    Column("analyzer", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    Column("used_at", Instant, nullable=False, index=True),
)
"""What was read in a layer, for all images that have it."""

scan_result = Table(
    "scan_result",
    metadata,
    Column("id", ID, primary_key=True),
    Column("digest", String(135), nullable=False),
    Column("scanner", String(60), nullable=False),  # builtin | trivy | grype | harbor
    Column("scanner_version", String(200), nullable=False),
    Column("analyzer", Integer, nullable=False, server_default="0"),  # of our own inventories
    Column("os", JSON(none_as_null=True)),
    Column("gaps", JSON, nullable=False),
    Column("packages", Integer, nullable=False),
    Column("secrets", JSON, nullable=False),  # how many of each level
    Column("taken_at", Instant, nullable=False),
    Column("evaluated_at", Instant),  # NULL: it waits for advisories
    Column("advisories", String(64), nullable=False, server_default=""),
    Column("advisories_at", Instant),
    Column("tally", JSON, nullable=False),  # see `scan.tally`
    Column("unused_at", Instant, index=True),  # since when no digest has it
    UniqueConstraint("digest", "scanner"),
)

scan_body = Table(
    "scan_body",
    metadata,
    Column("result_id", ForeignKey("scan_result.id", ondelete="CASCADE"), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""Apart from the result, whose tally changes often: SQLite would write the body anew each time."""

COMPONENT_NAME = String(512, collation="C").with_variant(String(512), "sqlite")
"""So that what begins alike stands together in the index."""

component = Table(
    "component",
    metadata,
    Column("id", ID, primary_key=True),
    Column("ecosystem", String(120), nullable=False),
    Column("name", COMPONENT_NAME, nullable=False),
    Column("version", String(512), nullable=False),
    Column("kind", String(8), nullable=False),  # os | language
    Column("matched", Boolean, nullable=False, server_default="0"),
    UniqueConstraint("ecosystem", "name", "version", "kind"),
    Index("ix_component_name", "name", "ecosystem"),
)

result_component = Table(
    "result_component",
    metadata,
    Column("result_id", ForeignKey("scan_result.id", ondelete="CASCADE"), primary_key=True),
    Column("component_id", ForeignKey("component.id"), primary_key=True),
    Column("units", Integer, nullable=False),  # packages by name and version
    Index("ix_result_component_component", "component_id", "result_id", "units"),  # tells all, without the rows
    sqlite_with_rowid=False,
)

vulnerability = Table(
    "vulnerability",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(120), nullable=False, unique=True),
    Column("aliases", JSON, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("links", JSON, nullable=False),
    Column("vector", String(300), nullable=False, server_default=""),
    Column("score", Float),
    Column("published", Instant),
    Column("modified", Instant),
    Column("malware", Boolean, nullable=False, server_default="0"),
    Column("outside", Boolean, nullable=False, server_default="0"),  # only a scanner of others says so
)
"""What is said of flaws that were found; it outlives the advisories that said so."""

LONGEST_NAME = 120
vulnerability_name = Table(
    "vulnerability_name",
    metadata,
    Column("name", String(LONGEST_NAME, collation="C").with_variant(String(LONGEST_NAME), "sqlite"), primary_key=True),
    Column("vulnerability_id", ForeignKey("vulnerability.id", ondelete="CASCADE"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)
"""All names of flaws in small letters, aliases among them, by which they are looked up."""

component_match = Table(
    "component_match",
    metadata,
    Column("component_id", ForeignKey("component.id", ondelete="CASCADE"), primary_key=True),
    Column("vulnerability_id", ForeignKey("vulnerability.id"), primary_key=True, index=True),
    Column("level", String(10), nullable=False),
    Column("level_source", String(60), nullable=False, server_default=""),
    Column("fixed_version", String(512), nullable=False, server_default=""),
    Column("fix_state", String(8), nullable=False),
    Column("records", JSON, nullable=False),
    Column("found_at", Instant, nullable=False),
)

advisory_file = Table(
    "advisory_file",
    metadata,
    Column("id", String(64), primary_key=True),  # of the build
    Column("state", String(8), nullable=False),  # current | previous | given: something to be imported
    Column("key", String(255), nullable=False),  # in the store
    Column("size", BigInteger, nullable=False),
    Column("records", BigInteger, nullable=False, server_default="0"),
    Column("sources", JSON, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", String(200), nullable=False),
    Index("ix_advisory_file_state", "state", "made_at"),
)

reevaluation = Table(
    "reevaluation",
    metadata,
    Column("id", ID, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("before", String(64), nullable=False),
    Column("advisories", String(64), nullable=False),
    Column("names", Integer, nullable=False),  # packages whose advisories changed
    Column("components", Integer, nullable=False),
    Column("results", Integer, nullable=False),
    Column("opened", Integer, nullable=False),
    Column("closed", Integer, nullable=False),
)
"""What came of advisories that changed."""

reevaluated = Table(
    "reevaluated",
    metadata,
    Column("reevaluation_id", ForeignKey("reevaluation.id", ondelete="CASCADE"), primary_key=True),
    Column("result_id", ForeignKey("scan_result.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("opened", JSON, nullable=False),  # vulnerabilities, the worst first
    Column("closed", JSON, nullable=False),
    Column("opened_at", Instant),  # NULL: it opened nothing
)
