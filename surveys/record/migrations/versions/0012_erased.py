"""Erased interviews leave a mark, so that sending them again does not bring them back."""

import sqlalchemy as sa
from alembic import op


revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "erased",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column(
            "mark",
            sa.Text(),
            nullable=False,
            comment="keyed hash of an id, so that it is known when it comes again",
        ),
        sa.Column("certificate", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "mark", name="pk_erased"),
        sa.ForeignKeyConstraint(
            ["certificate"], ["certificate.number"], name="fk_erased_certificate_certificate"
        ),
    )


def downgrade() -> None:
    """Remove the table."""
    op.drop_table("erased")
