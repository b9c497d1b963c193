"""What a kWh of a site emits beside what its grid says.

Revision: 032, after 031
"""

import sqlalchemy as sa
from alembic import op

revision = "032"
down_revision = "031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "emission_factors",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("node_id", sa.String(), nullable=True),
        sa.Column("share", sa.Double(), nullable=True),
        sa.Column("co2_g_per_kwh", sa.Double(), nullable=False),
        sa.Column("first_day", sa.String(length=10), nullable=False),
        sa.Column("last_day", sa.String(length=10), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('certificate', 'residual', 'production')", name=op.f("ck_emission_factors_kind")),
        sa.CheckConstraint("co2_g_per_kwh >= 0", name=op.f("ck_emission_factors_co2")),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_emission_factors_days")),
        sa.CheckConstraint("(kind = 'production') = (node_id IS NOT NULL)", name=op.f("ck_emission_factors_node")),
        sa.CheckConstraint(
            "(kind = 'certificate') = (share IS NOT NULL) AND (share IS NULL OR (share > 0 AND share <= 1))",
            name=op.f("ck_emission_factors_share"),
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_emission_factors_site_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["node_id", "site_id"],
            ["nodes.id", "nodes.site_id"],
            name=op.f("fk_emission_factors_node_id_site_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emission_factors")),
    )
    op.create_index(op.f("ix_emission_factors_site_id"), "emission_factors", ["site_id"])


def downgrade() -> None:
    """Take it away."""
    op.drop_table("emission_factors")
