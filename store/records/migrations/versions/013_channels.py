"""What sources call their values, and what people map that to.

Revision: 013, after 012
"""

import sqlalchemy as sa
from alembic import op

revision = "013"
down_revision = "012"
branch_labels = None
depends_on = None

MAPPED = sa.text("meter_id IS NOT NULL")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "channels",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=True),
        sa.Column("broker_id", sa.String(), nullable=True),
        sa.Column("road", sa.String(), nullable=False),
        sa.Column("full_name", sa.String(), nullable=False),
        sa.Column("meter_id", sa.String(), nullable=True),
        sa.Column("quantity", sa.String(), nullable=True),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("interval_s", sa.Integer(), nullable=True),
        sa.Column("ignored", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_value", sa.Double(), nullable=True),
        sa.Column("mapped_by", sa.String(), nullable=True),
        sa.Column("mapped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("road IN ('lines', 'mqtt')", name=op.f("ck_channels_road")),
        sa.CheckConstraint(
            "(meter_id IS NULL OR quantity IS NOT NULL) AND (meter_id IS NULL OR NOT ignored)", name=op.f("ck_channels_mapped")
        ),
        sa.CheckConstraint("interval_s > 0", name=op.f("ck_channels_interval")),
        sa.CheckConstraint("device_id IS NULL OR broker_id IS NULL", name=op.f("ck_channels_one_source")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_channels_site_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_channels_device_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["meter_id"], ["meters.id"], name=op.f("fk_channels_meter_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
    )
    for column in ("site_id", "device_id", "broker_id", "meter_id"):
        op.create_index(op.f(f"ix_channels_{column}"), "channels", [column])
    op.create_index(
        "uq_channels_meter_id_quantity",
        "channels",
        ["meter_id", "quantity"],
        unique=True,
        sqlite_where=MAPPED,
        postgresql_where=MAPPED,
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("channels")
