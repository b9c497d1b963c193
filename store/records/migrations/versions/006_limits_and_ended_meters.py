"""Limits of a site in the place of a standard's, how often its devices post, and edges that are free once a meter is retired.

Revision: 006, after 005
"""

import sqlalchemy as sa
from alembic import op

revision = "006"
down_revision = "005"
branch_labels = None
depends_on = None

ONE_TRUTH = "role IN ('main', 'virtual')"
NOW = f"{ONE_TRUTH} AND retired_at IS NULL"


def upgrade() -> None:
    """Make the table and the column, and let an edge have another main meter once its old one is retired."""
    op.create_table(
        "site_limits",
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("critical_low", sa.Double(), nullable=True),
        sa.Column("critical_high", sa.Double(), nullable=True),
        sa.Column("standard", sa.String(), nullable=False),
        sa.CheckConstraint("low IS NOT NULL OR high IS NOT NULL", name=op.f("ck_site_limits_bound")),
        sa.CheckConstraint("low < high", name=op.f("ck_site_limits_band")),
        sa.CheckConstraint("critical_low <= low AND critical_high >= high", name=op.f("ck_site_limits_critical")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_site_limits_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site_id", "quantity", name=op.f("pk_site_limits")),
    )
    # With its rule in one statement that both databases read: no copy of the table, nothing that hangs on it is lost.
    op.execute(
        "ALTER TABLE sites ADD COLUMN reporting_interval_s INTEGER DEFAULT 60 NOT NULL "
        "CONSTRAINT ck_sites_reporting_interval CHECK (reporting_interval_s > 0)"
    )
    _one_truth(NOW)


def downgrade() -> None:
    """Take them away; a retired meter gives its edge up to the one that took its place."""
    op.execute(
        "UPDATE meters SET edge_id = NULL WHERE retired_at IS NOT NULL AND role IN ('main', 'virtual') AND EXISTS"
        " (SELECT 1 FROM meters m WHERE m.edge_id = meters.edge_id AND m.id <> meters.id AND m.role IN ('main', 'virtual')"
        " AND (m.retired_at IS NULL OR m.retired_at > meters.retired_at))"
    )
    _one_truth(ONE_TRUTH)
    with op.batch_alter_table("sites") as table:
        table.drop_constraint(op.f("ck_sites_reporting_interval"), type_="check")
        table.drop_column("reporting_interval_s")
    op.drop_table("site_limits")


def _one_truth(condition: str) -> None:
    where = sa.text(condition)
    op.drop_index("uq_meters_edge_id", table_name="meters")
    op.create_index("uq_meters_edge_id", "meters", ["edge_id"], unique=True, sqlite_where=where, postgresql_where=where)
