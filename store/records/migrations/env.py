"""Runs the revisions on the connection that `store.records.engine.upgrade` hands over, within its transaction."""

from alembic import context

from store.records import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.Organisation.metadata,
    render_as_batch=True,  # SQLite changes a table by copying it; triggers must be made again after it
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
