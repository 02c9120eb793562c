"""Pulls that rules of images stood against."""

from sqlalchemy import JSON, BigInteger, Column, Date, ForeignKey, String, Table, UniqueConstraint

from berth.db.columns import ID, Instant
from berth.db.tables.shared import metadata

refused_pull = Table(
    "refused_pull",
    metadata,
    Column("id", ID, primary_key=True),
    Column("image_id", ForeignKey("image.id", ondelete="CASCADE"), nullable=False),
    Column("digest", String(135), nullable=False),
    Column("principal", String(200), nullable=False),
    Column("outcome", String(9), nullable=False),  # refused | warned | permitted
    Column("rule", String(16), nullable=False),
    Column("day", Date, nullable=False, index=True),
    Column("reference", String(135), nullable=False),  # as it was asked for last: a tag, or the digest
    Column("pulls", BigInteger, nullable=False, server_default="0"),
    Column("facts", JSON, nullable=False),  # of the last one: see `restriction.teaching`
    Column("last_at", Instant, nullable=False),
    Column("audited_at", Instant),
    UniqueConstraint("image_id", "digest", "principal", "outcome", "rule", "day", name="uq_refused_pull"),
)
