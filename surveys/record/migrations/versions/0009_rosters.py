"""How many rows of rosters came with each upload; the rows lie with their interviews."""

import sqlalchemy as sa
from alembic import op


revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "roster",
        sa.Column("upload", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="of the repeat in the form"),
        sa.Column("rows", sa.Integer(), nullable=False, comment="as received"),
        sa.Column(
            "refused",
            sa.Integer(),
            nullable=False,
            comment="for what they say, or because they have no interview",
        ),
        sa.Column(
            "stored",
            sa.Integer(),
            nullable=False,
            comment="with the interviews of this upload, in their payload",
        ),
        sa.ForeignKeyConstraint(
            ["upload"], ["upload.id"], name="fk_roster_upload_upload", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload", "name", name="pk_roster"),
    )


def downgrade() -> None:
    """Remove the table."""
    op.drop_table("roster")
