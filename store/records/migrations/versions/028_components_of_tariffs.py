"""Tariffs charge more than kWh: their components.

Revision: 028, after 027
"""

import sqlalchemy as sa
from alembic import op

revision = "028"
down_revision = "027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; tariffs from before have none."""
    op.add_column("tariffs", sa.Column("components", sa.JSON(), server_default=sa.text("'[]'"), nullable=False))


def downgrade() -> None:
    """What they charged besides is forgotten."""
    with op.batch_alter_table("tariffs") as table:
        table.drop_column("components")
