"""The last requests of keys and brokers, while somebody watches; and how often a key was refused.

Revision: 016, after 015
"""

import sqlalchemy as sa
from alembic import op

revision = "016"
down_revision = "015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables, and the counts beside the keys."""
    op.create_table(
        "received_requests",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("road", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=False),
        sa.CheckConstraint("road IN ('hardware', 'readings', 'lines', 'mqtt')", name=op.f("ck_received_requests_road")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_received_requests_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_requests")),
    )
    op.create_index(op.f("ix_received_requests_site_id"), "received_requests", ["site_id"])
    op.create_index("ix_received_requests_source_id_at", "received_requests", ["source_id", "at"])
    op.create_table(
        "watched_sources",
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_watched_sources")),
    )
    op.add_column("api_keys", sa.Column("refused", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("api_keys", sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("api_keys", "refused_at")
    op.drop_column("api_keys", "refused")
    op.drop_table("watched_sources")
    op.drop_table("received_requests")
