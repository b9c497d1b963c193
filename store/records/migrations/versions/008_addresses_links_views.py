"""An address is one account's once it is confirmed; links are bound to credentials, invitations to who made them.

Views as somebody end on the server, and mails know who asked for them.

Revision: 008, after 007
"""

import sqlalchemy as sa
from alembic import op

revision = "008"
down_revision = "007"
branch_labels = None
depends_on = None

SHOWN = sa.text("email_verified_at IS NOT NULL OR approval <> 'pending'")


def upgrade() -> None:
    """People's links of before end: nothing says which password they were made under. They were a day old at the most."""
    op.execute("DELETE FROM one_time_links WHERE user_id IS NOT NULL")
    op.add_column("one_time_links", sa.Column("proof", sa.String(), nullable=True))
    op.add_column("sessions", sa.Column("viewing_id", sa.String(), nullable=True))
    op.add_column("sessions", sa.Column("viewing_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("mails", sa.Column("asked_by", sa.String(), nullable=True))
    _invited_by("CASCADE")
    with op.batch_alter_table("users") as table:
        table.drop_constraint("uq_users_email", type_="unique")
    op.create_index("uq_users_email", "users", ["email"], unique=True, sqlite_where=SHOWN, postgresql_where=SHOWN)
    op.create_index("ix_users_email", "users", ["email"])


def downgrade() -> None:
    """Take it back; of several who wait under one address the last stays."""
    op.execute(
        "DELETE FROM users WHERE email_verified_at IS NULL AND approval = 'pending' AND EXISTS (SELECT 1 FROM users u"
        " WHERE u.email = users.email AND u.id <> users.id AND (u.email_verified_at IS NOT NULL OR u.approval <> 'pending'"
        " OR u.created_at > users.created_at OR (u.created_at = users.created_at AND u.id > users.id)))"
    )
    op.drop_index("ix_users_email", table_name="users")
    op.drop_index("uq_users_email", table_name="users")
    with op.batch_alter_table("users") as table:
        table.create_unique_constraint("uq_users_email", ["email"])
    _invited_by("SET NULL")
    op.drop_column("mails", "asked_by")
    op.drop_column("sessions", "viewing_since")
    op.drop_column("sessions", "viewing_id")
    op.drop_column("one_time_links", "proof")


def _invited_by(at_deletion: str) -> None:
    """What becomes of an invitation when whoever made it is deleted."""
    name = op.f("fk_invitations_invited_by")
    with op.batch_alter_table("invitations") as table:
        table.drop_constraint(name, type_="foreignkey")
        table.create_foreign_key(name, "users", ["invited_by"], ["id"], ondelete=at_deletion)
