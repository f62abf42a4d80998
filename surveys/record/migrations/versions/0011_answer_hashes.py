"""Stored answers carry their hash, so that it shows when somebody changed them."""

import hashlib

import sqlalchemy as sa
from alembic import op


revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = ("payload", "held_payload")


def upgrade() -> None:
    """Add the hashes, and take those of the answers that are there."""
    connection = op.get_bind()
    for name in TABLES:
        op.add_column(
            name,
            sa.Column("sha256", sa.Text(), nullable=False, server_default="", comment="of the answers"),
        )
        table = sa.table(name, sa.column("upload"), sa.column("answers"), sa.column("sha256"))
        for upload in connection.scalars(sa.select(table.c.upload)).all():
            here = table.c.upload == upload
            answers = connection.execute(sa.select(table.c.answers).where(here)).scalar_one()
            sha256 = hashlib.sha256(answers).hexdigest()
            connection.execute(sa.update(table).where(here).values(sha256=sha256))


def downgrade() -> None:
    """Remove them."""
    for name in TABLES:
        with op.batch_alter_table(name) as batch:
            batch.drop_column("sha256")
