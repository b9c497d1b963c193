"""The newest moment of the last values is found without reading them all.

Revision: 002, after 001
"""

from alembic import op

revision = "002"
down_revision = "001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_last_values_ts", "last_values", ["ts"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_last_values_ts", table_name="last_values")
