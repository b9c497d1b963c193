"""Buildings of a site, and what it, they and residents mean to use in a month."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.records.schema.columns import Record, identity, one_of, unique_while


class Building(Record):
    """A node that is a building; its name and its place on the plan are the node's."""

    __tablename__ = "buildings"
    __table_args__ = (
        one_of(
            "use",
            "office",
            "teaching",
            "laboratory",
            "dwelling",
            "retail",
            "workshop",
            "sports",
            "hospital",
            "storage",
            "other",
        ),
        CheckConstraint("floor_area_m2 > 0", name="area"),
        CheckConstraint("people >= 0", name="people"),
        CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL)"
            " AND (latitude IS NULL OR (latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180))",
            name="position",
        ),
        ForeignKeyConstraint(["node_id", "site_id"], ["nodes.id", "nodes.site_id"], ondelete="CASCADE"),
        UniqueConstraint("node_id", "site_id"),  # what a budget refers to
        unique_while("number <> ''", "uq_buildings_site_id_number", "site_id", "number"),
    )

    node_id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str]
    number: Mapped[str] = mapped_column(default="")  # as people write it: 110, 12b
    floor_area_m2: Mapped[float | None]
    people: Mapped[int | None]  # who live, work or learn there on a usual day
    use: Mapped[str] = mapped_column(default="other")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]


class Budget(Record):
    """What may be used in a local month: by a site, by a building of it, or by the meters of a resident.

    `amount` is in kWh, in the site's currency, or in kg of CO2.
    """

    __tablename__ = "budgets"
    __table_args__ = (
        one_of("measure", "energy", "cost", "co2"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(site_id IS NULL) <> (user_id IS NULL) AND (node_id IS NULL OR user_id IS NULL)", name="one_subject"),
        CheckConstraint("month LIKE '____-__-01'", name="month"),
        ForeignKeyConstraint(["node_id", "site_id"], ["buildings.node_id", "buildings.site_id"], ondelete="CASCADE"),
        unique_while("node_id IS NULL", "uq_budgets_site_id_measure_month", "site_id", "measure", "month"),
        unique_while("node_id IS NOT NULL", "uq_budgets_node_id_measure_month", "node_id", "measure", "month"),
        unique_while("user_id IS NOT NULL", "uq_budgets_user_id_measure_month", "user_id", "measure", "month"),
    )

    id: Mapped[str] = identity("bud")
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    node_id: Mapped[str | None]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    measure: Mapped[str]
    month: Mapped[date]  # its first day
    amount: Mapped[float]
