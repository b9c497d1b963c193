"""Readings that were refused, and how many more than are kept.

Revision: 023, after 022
"""

import sqlalchemy as sa
from alembic import op

revision = "023"
down_revision = "022"
branch_labels = None
depends_on = None

TEXTS = ("code", "message", "name", "meter", "quantity", "ts", "value", "unit", "interval_s", "body")


def upgrade() -> None:
    """Make both tables."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "refused_readings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("road", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", moment, nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in TEXTS),
        sa.Column("state", sa.String(), server_default=sa.text("'kept'"), nullable=False),
        sa.Column("became", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", moment, nullable=True),
        sa.CheckConstraint(
            "road IN ('hardware', 'readings', 'lines', 'mqtt', 'file')", name=op.f("ck_refused_readings_road")
        ),
        sa.CheckConstraint("state IN ('kept', 'stored', 'discarded')", name=op.f("ck_refused_readings_state")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_refused_readings_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_readings")),
    )
    op.create_index(op.f("ix_refused_readings_at"), "refused_readings", ["at"])
    op.create_index("ix_refused_readings_site_id_state_kind", "refused_readings", ["site_id", "state", "kind"])
    op.create_index("ix_refused_readings_source_id_state", "refused_readings", ["source_id", "state"])
    op.create_table(
        "refused_beyond",
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_refused_beyond_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_refused_beyond")),
    )
    op.create_index(op.f("ix_refused_beyond_site_id"), "refused_beyond", ["site_id"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("refused_beyond")
    op.drop_table("refused_readings")
