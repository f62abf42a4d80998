"""Releases, and editions let out to the public by two persons."""

import sqlalchemy as sa
from alembic import op


revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "release",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("as_of_upload", sa.Integer(), nullable=True, comment="the newest upload at that time"),
        sa.Column("data_sha256", sa.Text(), nullable=False),
        sa.Column("plan_sha256", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("policy_sha256", sa.Text(), nullable=False),
        sa.Column("software", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False, comment="numbers kept although a few people changed"),
        sa.Column("effects", sa.Text(), nullable=False, comment="JSON: every number as it was told"),
        sa.Column(
            "members", sa.Text(), nullable=False, comment="counts by which changes of people are noticed"
        ),
        sa.ForeignKeyConstraint(["as_of_upload"], ["upload.id"], name="fk_release_as_of_upload_upload"),
        sa.PrimaryKeyConstraint("campaign", "number", name="pk_release"),
    )
    op.create_table(
        "public_release",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report", sa.Text(), nullable=False, comment="JSON: what was checked about disclosure"),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("campaign", "edition", name="pk_public_release"),
    )


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("public_release")
    op.drop_table("release")
