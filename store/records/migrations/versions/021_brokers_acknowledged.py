"""What was acknowledged to a broker, and what waits to be.

Revision: 021, after 020
"""

import sqlalchemy as sa
from alembic import op

revision = "021"
down_revision = "020"
branch_labels = None
depends_on = None

COUNTS = {"acknowledged": sa.BigInteger(), "waiting": sa.Integer()}


def upgrade() -> None:
    """Add the counts."""
    for name, kind in COUNTS.items():
        op.add_column("broker_states", sa.Column(name, kind, server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    """Take them away."""
    for name in COUNTS:
        op.drop_column("broker_states", name)
