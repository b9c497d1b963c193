"""Nodes that a site has at the same time have different names: those that had the same get a number behind it.

From here on the database itself refuses such a name (`rules`).

Revision: 010, after 009
"""

import logging

import sqlalchemy as sa
from alembic import op

from store.records.schema import texts

revision = "010"
down_revision = "009"
branch_labels = None
depends_on = None

log = logging.getLogger("loadstar.records")


def upgrade() -> None:
    """Rename the later one of two, and say so; ids, edges and meters stay what they are."""
    connection = op.get_bind()
    nodes = connection.execute(
        sa.text("SELECT id, site_id, name, valid_from, valid_to FROM nodes ORDER BY site_id, valid_from, id")
    ).all()
    held: dict[str, list[tuple[str, object, object]]] = {}
    for node in nodes:
        others = held.setdefault(node.site_id, [])
        taken = {
            key
            for key, since, until in others
            if (until is None or until > node.valid_from) and (node.valid_to is None or node.valid_to > since)
        }
        name, number = node.name, 1
        while texts.key(name) in taken:
            number += 1
            behind = f" ({number})"
            name = node.name[: texts.NAME - len(behind)].rstrip() + behind
        if number > 1:
            log.warning("two nodes of site %s are named %r at the same time: %s is now %r", node.site_id, node.name, node.id, name)
            connection.execute(sa.text("UPDATE nodes SET name = :name WHERE id = :id"), {"name": name, "id": node.id})
        others.append((texts.key(name), node.valid_from, node.valid_to))


def downgrade() -> None:
    """The names that were given stay: nothing forbids them."""
