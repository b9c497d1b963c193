"""Tariffs with other prices at some hours, that hold before their region's series or after them, with or without a CO2 factor.

Revision: 007, after 006
"""

import sqlalchemy as sa
from alembic import op

revision = "007"
down_revision = "006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what tariffs there are stay behind their region's series, as they were."""
    op.add_column("tariffs", sa.Column("region_first", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("tariffs", sa.Column("hours", sa.JSON(), server_default=sa.text("'[]'"), nullable=False))
    with op.batch_alter_table("tariffs") as table:
        table.alter_column("co2_g_per_kwh", existing_type=sa.Double(), nullable=True)


def downgrade() -> None:
    """Take them away; a factor that was not stated becomes 0."""
    op.execute("UPDATE tariffs SET co2_g_per_kwh = 0 WHERE co2_g_per_kwh IS NULL")
    with op.batch_alter_table("tariffs") as table:
        table.alter_column("co2_g_per_kwh", existing_type=sa.Double(), nullable=False)
        table.drop_column("hours")
        table.drop_column("region_first")
