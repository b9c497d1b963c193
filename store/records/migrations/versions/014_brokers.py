"""Brokers of MQTT that are listened to, and what they say of who is there.

Revision: 014, after 013
"""

import sqlalchemy as sa
from alembic import op

revision = "014"
down_revision = "013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "brokers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("tls", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("ca", sa.String(), nullable=True),
        sa.Column("username", sa.String(), nullable=True),
        sa.Column("password", sa.String(), nullable=True),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("subscriptions", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("port BETWEEN 1 AND 65535", name=op.f("ck_brokers_port")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_brokers_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brokers")),
    )
    op.create_index(op.f("ix_brokers_site_id"), "brokers", ["site_id"])
    op.create_table(
        "broker_sources",
        sa.Column("broker_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["broker_id"], ["brokers.id"], name=op.f("fk_broker_sources_broker_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("broker_id", "source", name=op.f("pk_broker_sources")),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("broker_sources")
    op.drop_table("brokers")
