"""What sources say of their channels, and how it goes with brokers.

Revision: 015, after 014
"""

import sqlalchemy as sa
from alembic import op

revision = "015"
down_revision = "014"
branch_labels = None
depends_on = None

TOLD = ("told_name", "told_unit", "told_kind")


def upgrade() -> None:
    """Add the columns, and make the table."""
    for name in TOLD:
        op.add_column("channels", sa.Column(name, sa.String(), nullable=True))
    op.add_column("channels", sa.Column("turned_away", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "broker_states",
        sa.Column("broker_id", sa.String(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("connected_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("messages_a_minute", sa.Double(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["broker_id"], ["brokers.id"], name=op.f("fk_broker_states_broker_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("broker_id", name=op.f("pk_broker_states")),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("broker_states")
    for name in ("turned_away", *TOLD):
        op.drop_column("channels", name)
