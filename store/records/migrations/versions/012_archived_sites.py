"""A site can be archived, and the sites of a distributor have different names: those that had the same get a number behind it.

From here on the database itself refuses such a name, and a second edge that is the same as another (`rules`).

Revision: 012, after 011
"""

import logging

import sqlalchemy as sa
from alembic import op

from store.records.schema import texts

revision = "012"
down_revision = "011"
branch_labels = None
depends_on = None

log = logging.getLogger("loadstar.records")


def upgrade() -> None:
    """Rename the later one of two, and say so; ids, public numbers and keys stay what they are."""
    op.add_column("sites", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    connection = op.get_bind()
    sites = connection.execute(sa.text("SELECT id, organisation_id, name FROM sites ORDER BY organisation_id, created_at, id")).all()
    taken: dict[str, set[str]] = {}
    for site in sites:
        others = taken.setdefault(site.organisation_id, set())
        name, number = site.name, 1
        while texts.key(name) in others:
            number += 1
            behind = f" ({number})"
            name = site.name[: texts.NAME - len(behind)].rstrip() + behind
        if number > 1:
            log.warning("two sites of %s are named %r: %s is now %r", site.organisation_id, site.name, site.id, name)
            connection.execute(sa.text("UPDATE sites SET name = :name WHERE id = :id"), {"name": name, "id": site.id})
        others.add(texts.key(name))


def downgrade() -> None:
    """The names that were given stay: nothing forbids them. What was archived is in use again."""
    op.drop_column("sites", "archived_at")
