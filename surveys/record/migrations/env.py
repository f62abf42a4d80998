"""Run the history on the connection that ``Catalogue`` hands over, inside its transaction."""

from alembic import context

from surveys.record.tables import metadata


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite can, when BEGIN is ours and not the driver's
)
context.run_migrations()
