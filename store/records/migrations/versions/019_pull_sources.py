"""What is asked for by the clock.

Revision: 019, after 018
"""

import sqlalchemy as sa
from alembic import op

revision = "019"
down_revision = "018"
branch_labels = None
depends_on = None

GIVES = "gives IN ('price_per_kwh', 'co2_g_per_kwh', 'weather', 'past_weather', 'readings')"
METER = "(gives = 'readings') = (meter_id IS NOT NULL) AND (meter_id IS NULL OR (site_id IS NOT NULL AND quantity IS NOT NULL))"
UNIQUE = {
    "region_id_gives": "archived_at IS NULL AND region_id IS NOT NULL",
    "site_id_gives": "archived_at IS NULL AND meter_id IS NULL",
    "meter_id_quantity": "archived_at IS NULL",
}


def upgrade() -> None:
    """Make the table."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "pull_sources",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("gives", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=True),
        sa.Column("site_id", sa.String(), nullable=True),
        sa.Column("area", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("secret", sa.String(), nullable=True),
        sa.Column("every_s", sa.Integer(), nullable=False),
        sa.Column("meter_id", sa.String(), nullable=True),
        sa.Column("quantity", sa.String(), nullable=True),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("interval_s", sa.Integer(), nullable=True),
        sa.Column("places", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("archived_at", moment, nullable=True),
        sa.Column("asked_at", moment, nullable=True),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("value_at", moment, nullable=True),
        sa.Column("next_at", moment, nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("problem", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.CheckConstraint(GIVES, name=op.f("ck_pull_sources_gives")),
        sa.CheckConstraint("(region_id IS NULL) <> (site_id IS NULL)", name=op.f("ck_pull_sources_one_owner")),
        sa.CheckConstraint(METER, name=op.f("ck_pull_sources_meter")),
        sa.CheckConstraint("every_s >= 60", name=op.f("ck_pull_sources_every")),
        sa.CheckConstraint("interval_s > 0", name=op.f("ck_pull_sources_interval")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_pull_sources_region_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_pull_sources_site_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["meter_id"], ["meters.id"], name=op.f("fk_pull_sources_meter_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pull_sources")),
    )
    for column in ("region_id", "site_id", "meter_id"):
        op.create_index(op.f(f"ix_pull_sources_{column}"), "pull_sources", [column])
    for of, condition in UNIQUE.items():
        first, second = of.replace("_id_", "_id ").split()
        while_so = sa.text(condition)
        op.create_index(
            f"uq_pull_sources_{of}", "pull_sources", [first, second], unique=True, sqlite_where=while_so, postgresql_where=while_so
        )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("pull_sources")
