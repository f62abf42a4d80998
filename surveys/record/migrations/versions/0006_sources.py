"""What people decided about the sources of files, which only grows, and what each upload was read by."""

import sqlalchemy as sa
from alembic import op


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ONLY_GROWS = "what was decided about a source only grows: a version is neither changed nor removed"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "source_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False, comment="empty: the files say it themselves"),
        sa.Column("instrument", sa.Text(), nullable=False, comment="the form's id, whatever its version"),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("dialect", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False, comment="JSON: what was decided, by key; no answer"),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("upload", sa.Integer(), nullable=False, comment="the upload for which it was decided"),
        sa.ForeignKeyConstraint(["upload"], ["upload.id"], name="fk_source_decision_upload_upload"),
        sa.PrimaryKeyConstraint("id", name="pk_source_decision"),
        sa.UniqueConstraint(
            "campaign", "site", "instrument", "format", "dialect", "version",
            name="uq_source_decision_version",
        ),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_table(
        "source_use",
        sa.Column("upload", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Integer(), nullable=False),
        sa.Column("used", sa.Text(), nullable=False, comment="JSON: the keys that mattered for the upload"),
        sa.ForeignKeyConstraint(
            ["upload"], ["upload.id"], name="fk_source_use_upload_upload", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["decision"], ["source_decision.id"], name="fk_source_use_decision_source_decision"
        ),
        sa.PrimaryKeyConstraint("upload", name="pk_source_use"),
    )
    _guard()


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("source_use")
    op.drop_table("source_decision")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION source_decision_only_grows()")


def _guard() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER source_decision_{change.lower()} BEFORE {change} ON source_decision "
                f"BEGIN SELECT RAISE(ABORT, '{ONLY_GROWS}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION source_decision_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{ONLY_GROWS}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER source_decision_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON source_decision "
        "FOR EACH STATEMENT EXECUTE FUNCTION source_decision_only_grows()"
    )
