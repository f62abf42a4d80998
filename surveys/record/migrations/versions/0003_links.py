"""Links between the waves: the codes of linking keys, pairs of interviews, and what was decided about them."""

import sqlalchemy as sa
from alembic import op


revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "link_code",
        sa.Column("upload", sa.Integer(), nullable=False),
        sa.Column(
            "codes",
            sa.LargeBinary(),
            nullable=False,
            comment="codes of the linking keys, a row for each of the payload, encrypted",
        ),
        sa.ForeignKeyConstraint(
            ["upload"], ["upload.id"], name="fk_link_code_upload_upload", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload", name="pk_link_code"),
    )
    op.create_table(
        "link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("wave_from", sa.Text(), nullable=False),
        sa.Column("wave_to", sa.Text(), nullable=False),
        sa.Column("submission_from", sa.Text(), nullable=False),
        sa.Column("submission_to", sa.Text(), nullable=False),
        sa.Column(
            "agreement",
            sa.Text(),
            nullable=False,
            comment="JSON; linking key: same, similar, differs, missing",
        ),
        sa.Column(
            "strength", sa.Float(), nullable=False, comment="probability that the two are one person, 0-1"
        ),
        sa.Column(
            "rivals", sa.Integer(), nullable=False, comment="other interviews that fit one of the two as well"
        ),
        sa.Column(
            "same_id", sa.Boolean(), nullable=False, comment="linked by the respondent's id unless rejected"
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="proposed, accepted, rejected, undecided"),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_link"),
        sa.UniqueConstraint(
            "campaign",
            "submission_from",
            "submission_to",
            name="uq_link_campaign_submission_from_submission_to",
        ),
    )
    op.create_index("ix_link_campaign_site", "link", ["campaign", "site"], unique=False)
    op.create_table(
        "link_decision",
        sa.Column("link", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="what the pair is from now on"),
        sa.Column("undoes", sa.Boolean(), nullable=False, comment="takes the decision before it back"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "place", sa.Integer(), nullable=True, comment="in the order of uploads, where it changes answers"
        ),
        sa.ForeignKeyConstraint(["link"], ["link.id"], name="fk_link_decision_link_link"),
        sa.ForeignKeyConstraint(["place"], ["upload.id"], name="fk_link_decision_place_upload"),
        sa.PrimaryKeyConstraint("link", "number", name="pk_link_decision"),
    )


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("link_decision")
    op.drop_table("link")
    op.drop_table("link_code")
