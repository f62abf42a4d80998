"""The ledger of corrections: logs that were imported, corrections, their history, and what became of each row."""

import sqlalchemy as sa
from alembic import op


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _logs()
    _corrections()


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("correction_log_row")
    op.drop_table("correction_step")
    op.drop_table("correction")
    op.drop_table("correction_log")


def _logs() -> None:
    op.create_table(
        "correction_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("dialect", sa.Text(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_correction_log"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "correction_log_row",
        sa.Column("log", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False, comment="as the spreadsheet numbers it"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="why; never an answer"),
        sa.Column("values", sa.Text(), nullable=False, comment="JSON; fills the sentences, never an answer"),
        sa.Column(
            "corrections", sa.Text(), nullable=False, comment="JSON: ids of the corrections made of it"
        ),
        sa.ForeignKeyConstraint(
            ["log"],
            ["correction_log.id"],
            name="fk_correction_log_row_log_correction_log",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("log", "number", name="pk_correction_log_row"),
    )


def _corrections() -> None:
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("submission", sa.Text(), nullable=False, comment="as received"),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="change or withdraw"),
        sa.Column("question", sa.Text(), nullable=False, comment="empty: the interview as a whole"),
        sa.Column("type", sa.Text(), nullable=False, comment="of the question"),
        sa.Column(
            "part",
            sa.Text(),
            nullable=True,
            comment="the part of the interview that follows from the question",
        ),
        sa.Column("part_value", sa.Text(), nullable=True),
        sa.Column("old_value", sa.Text(), nullable=True, comment="what the record is expected to hold"),
        sa.Column("old_missing", sa.Text(), nullable=True),
        sa.Column("new_value", sa.Text(), nullable=True),
        sa.Column("new_missing", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("log", sa.Integer(), nullable=True),
        sa.Column("sheet", sa.Text(), nullable=True),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=True, comment="code of why it is where it is"),
        sa.Column("applied_at", sa.Integer(), nullable=True, comment="its place in the order of uploads"),
        sa.Column("turn", sa.Integer(), nullable=True, comment="among those applied at the same place"),
        sa.Column("ended_at", sa.Integer(), nullable=True, comment="from this place on it no longer counts"),
        sa.ForeignKeyConstraint(["log"], ["correction_log.id"], name="fk_correction_log_correction_log"),
        sa.ForeignKeyConstraint(["applied_at"], ["upload.id"], name="fk_correction_applied_at_upload"),
        sa.ForeignKeyConstraint(["ended_at"], ["upload.id"], name="fk_correction_ended_at_upload"),
        sa.PrimaryKeyConstraint("id", name="pk_correction"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_correction_campaign_submission", "correction", ["campaign", "submission"], unique=False
    )
    op.create_table(
        "correction_step",
        sa.Column("correction", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["correction"],
            ["correction.id"],
            name="fk_correction_step_correction_correction",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["place"], ["upload.id"], name="fk_correction_step_place_upload"),
        sa.PrimaryKeyConstraint("correction", "number", name="pk_correction_step"),
    )
