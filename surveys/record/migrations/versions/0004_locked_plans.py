"""Locked plans."""

import sqlalchemy as sa
from alembic import op


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "locked_plan",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON: everything the analysis depends on"),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column(
            "late", sa.Boolean(), nullable=False, comment="answers of the last wave had already arrived"
        ),
        sa.Column("as_of_upload", sa.Integer(), nullable=True, comment="the newest upload at that time"),
        sa.ForeignKeyConstraint(["as_of_upload"], ["upload.id"], name="fk_locked_plan_as_of_upload_upload"),
        sa.PrimaryKeyConstraint("campaign", "version", name="pk_locked_plan"),
    )


def downgrade() -> None:
    """Remove the table."""
    op.drop_table("locked_plan")
