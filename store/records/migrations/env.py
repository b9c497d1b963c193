"""Runs the revisions on the connection that `store.records.transaction.engine.upgrade` hands over, within its transaction."""

from alembic import context

from store.records import schema
from store.records.schema import rules

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=schema.Organisation.metadata,
    render_as_batch=True,  # SQLite changes a table by copying it, which the rules' triggers must not hinder
    compare_type=True,
)
head = context.get_head_revision()
with context.begin_transaction():
    current = context.get_context().get_current_revision()
    to_do = current != head or context.get_revision_argument() != head
    if to_do or rules.present(connection) != rules.wanted(connection.dialect.name):  # else nobody has to wait for locks
        rules.remove(connection)
        context.run_migrations()
        if context.get_context().get_current_revision() == head:
            rules.make(connection)
