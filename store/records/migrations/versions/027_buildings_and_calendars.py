"""Buildings, what days are on a site, and budgets of months.

Revision: 027, after 026
"""

import sqlalchemy as sa
from alembic import op

revision = "027"
down_revision = "026"
branch_labels = None
depends_on = None

USES = ("office", "teaching", "laboratory", "dwelling", "retail", "workshop", "sports", "hospital", "storage", "other")
NUMBERED = sa.text("number <> ''")


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "site_calendars",
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("subdivision", sa.String(), nullable=False),
        sa.Column("opening", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_site_calendars_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_site_calendars")),
    )
    op.create_table(
        "calendar_periods",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("first_day", sa.String(length=10), nullable=False),
        sa.Column("last_day", sa.String(length=10), nullable=False),
        sa.CheckConstraint(
            "kind IN ('holiday', 'working', 'school', 'shutdown')", name=op.f("ck_calendar_periods_kind")
        ),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_calendar_periods_days")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_calendar_periods_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_periods")),
    )
    op.create_index(op.f("ix_calendar_periods_site_id"), "calendar_periods", ["site_id"])
    op.create_table(
        "buildings",
        sa.Column("node_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("floor_area_m2", sa.Double(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("use", sa.String(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.CheckConstraint(f"use IN ({', '.join(map(repr, USES))})", name=op.f("ck_buildings_use")),
        sa.CheckConstraint("floor_area_m2 > 0", name=op.f("ck_buildings_area")),
        sa.CheckConstraint("people >= 0", name=op.f("ck_buildings_people")),
        sa.CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL)"
            " AND (latitude IS NULL OR (latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180))",
            name=op.f("ck_buildings_position"),
        ),
        sa.ForeignKeyConstraint(
            ["node_id", "site_id"],
            ["nodes.id", "nodes.site_id"],
            name=op.f("fk_buildings_node_id_site_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("node_id", name=op.f("pk_buildings")),
        sa.UniqueConstraint("node_id", "site_id", name=op.f("uq_buildings_node_id_site_id")),
    )
    _unique("buildings", NUMBERED, "site_id", "number")
    op.create_table(
        "budgets",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=True),
        sa.Column("node_id", sa.String(), nullable=True),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("month", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.Double(), nullable=False),
        sa.CheckConstraint("measure IN ('energy', 'cost', 'co2')", name=op.f("ck_budgets_measure")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_budgets_amount")),
        sa.CheckConstraint(
            "(site_id IS NULL) <> (user_id IS NULL) AND (node_id IS NULL OR user_id IS NULL)",
            name=op.f("ck_budgets_one_subject"),
        ),
        sa.CheckConstraint("month LIKE '____-__-01'", name=op.f("ck_budgets_month")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_budgets_site_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["node_id", "site_id"],
            ["buildings.node_id", "buildings.site_id"],
            name=op.f("fk_budgets_node_id_site_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_budgets_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budgets")),
    )
    _unique("budgets", sa.text("node_id IS NULL"), "site_id", "measure", "month")
    _unique("budgets", sa.text("node_id IS NOT NULL"), "node_id", "measure", "month")
    _unique("budgets", sa.text("user_id IS NOT NULL"), "user_id", "measure", "month")


def downgrade() -> None:
    """Take them away."""
    for table in ("budgets", "buildings", "calendar_periods", "site_calendars"):
        op.drop_table(table)


def _unique(table: str, condition: sa.TextClause, *columns: str) -> None:
    name = "_".join(("uq", table, *columns))
    op.create_index(name, table, [*columns], unique=True, sqlite_where=condition, postgresql_where=condition)
