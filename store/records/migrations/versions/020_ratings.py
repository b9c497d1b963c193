"""What a meter is rated for, declared beside where its energy comes from.

Revision: 020, after 019
"""

from alembic import op

revision = "020"
down_revision = "019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column."""
    # With its rule in one statement that both databases read: no copy of the table, nothing that hangs on it is lost.
    kind = "DOUBLE PRECISION" if op.get_bind().dialect.name == "postgresql" else "DOUBLE"
    op.execute(
        f"ALTER TABLE energy_sources ADD COLUMN rated_kw {kind} CONSTRAINT ck_energy_sources_rated CHECK (rated_kw > 0)"
    )


def downgrade() -> None:
    """Take it away."""
    with op.batch_alter_table("energy_sources") as table:
        table.drop_constraint(op.f("ck_energy_sources_rated"), type_="check")
        table.drop_column("rated_kw")
