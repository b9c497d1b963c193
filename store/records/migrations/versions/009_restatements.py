"""Changed declarations wait in a table until the energy of their time is made anew.

Revision: 009, after 008
"""

import sqlalchemy as sa
from alembic import op

revision = "009"
down_revision = "008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and restate every declaration once: until now a late one changed nothing."""
    op.create_table(
        "restatements",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("meter_id", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["meter_id"], ["meters.id"], name=op.f("fk_restatements_meter_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restatements")),
    )
    op.create_index(op.f("ix_restatements_meter_id"), "restatements", ["meter_id"])
    op.execute(
        "INSERT INTO restatements (id, meter_id, since, until) "
        "SELECT 'rst' || substr(id, 4), meter_id, valid_from, valid_to FROM energy_sources"
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("restatements")
