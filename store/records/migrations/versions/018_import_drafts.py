"""What is said of a file that was sent and is not imported yet.

Revision: 018, after 017
"""

import sqlalchemy as sa
from alembic import op

revision = "018"
down_revision = "017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "import_drafts",
        sa.Column("upload_id", sa.String(), nullable=False),
        sa.Column("site_id", sa.String(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("meters", sa.JSON(), nullable=False),
        sa.Column("profile_name", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["upload_id"], ["uploads.id"], name=op.f("fk_import_drafts_upload_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_import_drafts_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_import_drafts")),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("import_drafts")
