"""Questionnaires as they were when interviews came in."""

import sqlalchemy as sa
from alembic import op


revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "questionnaire",
        sa.Column("sha256", sa.Text(), nullable=False, comment="of the questionnaire's file"),
        sa.Column(
            "content",
            sa.LargeBinary(),
            nullable=False,
            comment="questions, choices and languages, compressed",
        ),
        sa.PrimaryKeyConstraint("sha256", name="pk_questionnaire"),
    )


def downgrade() -> None:
    """Remove the table."""
    op.drop_table("questionnaire")
