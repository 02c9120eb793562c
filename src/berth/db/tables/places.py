"""Registries, repositories and images."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table, UniqueConstraint

from berth.db.columns import ID, Instant
from berth.db.tables.shared import locked_columns, made_and_edited, metadata, policies, state

TRASHED = "trashed"
"""The state of a registry or repository that is in the trash: see `registry.place_trash`."""
LEAVING = "leaving"
"""That of one which is on its way from the trash for good."""
AWAY = (TRASHED, LEAVING)
"""For all but the trash they are not there."""

registry = Table(
    "registry",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(25), nullable=False, unique=True),
    Column("description", String(255), nullable=False, server_default=""),
    Column("visibility", String(7), nullable=False),  # private | public, fixed
    Column("private_host", String(260), unique=True),
    Column("public_host", String(260), unique=True),
    Column("private_listener", String(32)),  # its name in the settings
    Column("public_listener", String(32)),
    Column("public_endpoint", Boolean, nullable=False),
    Column("create_on_push", Boolean, nullable=False),
    *state(),
    *made_and_edited(),
    Index("uq_registry_private_listener", "private_listener", unique=True),
    Index("uq_registry_public_listener", "public_listener", unique=True),
)

repository = Table(
    "repository",
    metadata,
    Column("id", ID, primary_key=True),
    Column("registry_id", ForeignKey("registry.id"), nullable=False),
    Column("name", String(30), nullable=False),
    Column("description", String(255), nullable=False, server_default=""),
    *policies(),
    Column("immutable_tags", String(130), nullable=False, server_default=""),  # an expression; empty: none
    *state(),
    *made_and_edited(),
    UniqueConstraint("registry_id", "name"),
)

image = Table(
    "image",
    metadata,
    Column("id", ID, primary_key=True),
    Column("repository_id", ForeignKey("repository.id"), nullable=False),
    Column("name", String(255), nullable=False),
    Column("description", String(255), nullable=False, server_default=""),
    Column("born_at", Instant),  # its first manifest; before that it only holds blobs and nobody sees it
    *policies(),
    Column("pulls", BigInteger, nullable=False, server_default="0"),
    Column("pulled_at", Instant),
    *locked_columns(),
    *state(),
    *made_and_edited(),
    UniqueConstraint("repository_id", "name"),
)

image_measure = Table(
    "image_measure",
    metadata,
    Column("image_id", ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    Column("digests", BigInteger, nullable=False),
    Column("tags", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("shared", BigInteger, nullable=False),
    Column("unique", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
)
"""What a large image held when it was last counted."""
