"""Imports that are not done begin again at their first block: the blocks of a file are in the order of time now.

Revision: 026, after 025
"""

import sqlalchemy as sa
from alembic import op

revision = "026"
down_revision = "025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What they have stored they store again, under the same keys."""
    op.execute(sa.text("UPDATE imports SET parts = 0 WHERE state IN ('waiting', 'running', 'failed')"))


def downgrade() -> None:
    """The blocks of before are others too."""
    upgrade()
