"""What a refused reading says of how it was come by; a meter's quantity may have a channel of what its sender estimates too.

Revision: 025, after 024
"""

import sqlalchemy as sa
from alembic import op

revision = "025"
down_revision = "024"
branch_labels = None
depends_on = None

MAPPED = sa.text("meter_id IS NOT NULL")


def upgrade() -> None:
    """Add the columns, which SQLite does without making the tables anew."""
    op.add_column("refused_readings", sa.Column("quality", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("channels", sa.Column("estimated", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.drop_index("uq_channels_meter_id_quantity", "channels")
    _unique("meter_id", "quantity", "estimated")


def downgrade() -> None:
    """Take them away."""
    op.drop_index("uq_channels_meter_id_quantity_estimated", "channels")
    _unique("meter_id", "quantity")
    op.drop_column("channels", "estimated")
    op.drop_column("refused_readings", "quality")


def _unique(*columns: str) -> None:
    name = "_".join(("uq_channels", *columns))
    op.create_index(name, "channels", [*columns], unique=True, sqlite_where=MAPPED, postgresql_where=MAPPED)
