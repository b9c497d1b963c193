"""In which colours a person reads heat maps.

Revision: 033, after 032
"""

from alembic import op

revision = "033"
down_revision = "032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column; nobody has chosen yet."""
    # With its rule in one statement that both databases read: no copy of the table, nothing that hangs on it is lost.
    op.execute(
        "ALTER TABLE users ADD COLUMN colours VARCHAR CONSTRAINT ck_users_colours CHECK (colours IN ('heat', 'safe', 'neutral'))"
    )


def downgrade() -> None:
    """Take it away, and its rule with it."""
    op.execute("ALTER TABLE users DROP COLUMN colours")
