"""What a kWh of a site emits beside what its grid says: certificates, the residual mix, own production."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.records.schema.columns import Record, identity, one_of


class EmissionFactor(Record):
    """A factor from a local day through another, or until further notice (`models.emissions.Factor`)."""

    __tablename__ = "emission_factors"
    __table_args__ = (
        one_of("kind", "certificate", "residual", "production"),
        CheckConstraint("co2_g_per_kwh >= 0", name="co2"),
        CheckConstraint("last_day >= first_day", name="days"),
        CheckConstraint("(kind = 'production') = (node_id IS NOT NULL)", name="node"),
        CheckConstraint(
            "(kind = 'certificate') = (share IS NOT NULL) AND (share IS NULL OR (share > 0 AND share <= 1))", name="share"
        ),
        ForeignKeyConstraint(["node_id", "site_id"], ["nodes.id", "nodes.site_id"], ondelete="CASCADE"),
    )

    id: Mapped[str] = identity("emf")
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    name: Mapped[str]
    node_id: Mapped[str | None]
    share: Mapped[float | None]  # 0..1 of what is bought
    co2_g_per_kwh: Mapped[float]
    first_day: Mapped[date]
    last_day: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")
