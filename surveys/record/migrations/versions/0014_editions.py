"""Editions: frozen, numbered evaluations."""

import sqlalchemy as sa
from alembic import op


revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "edition",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("as_of_upload", sa.Integer(), nullable=True, comment="the newest upload at that time"),
        sa.Column("data_sha256", sa.Text(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=True, comment="the locked plan it was held against"),
        sa.Column("plan_sha256", sa.Text(), nullable=True),
        sa.Column("policy", sa.Text(), nullable=False, comment="JSON: every rule of what may be shown"),
        sa.Column("policy_sha256", sa.Text(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=True),
        sa.Column("software", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("campaign_file", sa.Text(), nullable=False, comment="the campaign file, as it was"),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON: the protected numbers"),
        sa.Column("sha256", sa.Text(), nullable=False, comment="of the content"),
        sa.ForeignKeyConstraint(["as_of_upload"], ["upload.id"], name="fk_edition_as_of_upload_upload"),
        sa.PrimaryKeyConstraint("campaign", "number", name="pk_edition"),
    )


def downgrade() -> None:
    """Remove the table."""
    op.drop_table("edition")
