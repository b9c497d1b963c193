"""What the answers of pulled sources bore, by which they say that nothing has changed.

Revision: 022, after 021
"""

import sqlalchemy as sa
from alembic import op

revision = "022"
down_revision = "021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("pull_sources", sa.Column("marks", sa.JSON(), server_default=sa.text("'{}'"), nullable=False))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("pull_sources", "marks")
