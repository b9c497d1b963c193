"""By what the days of a meter are flagged, where somebody has said otherwise of it than usual.

Revision: 024, after 023
"""

import sqlalchemy as sa
from alembic import op

revision = "024"
down_revision = "023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "flag_thresholds",
        sa.Column("meter_id", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=True),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("threshold > 0", name=op.f("ck_flag_thresholds_threshold")),
        sa.ForeignKeyConstraint(["meter_id"], ["meters.id"], name=op.f("fk_flag_thresholds_meter_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("meter_id", "rule", name=op.f("pk_flag_thresholds")),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("flag_thresholds")
