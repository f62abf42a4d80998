"""The record: uploads, originals, answers, submissions, problems, and an audit that only grows."""

import sqlalchemy as sa
from alembic import op


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ONLY_GROWS = "the audit only grows: its entries are neither changed nor removed"


def upgrade() -> None:
    """Make the tables."""
    _tables()
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_{change.lower()} BEFORE {change} ON audit "
                f"BEGIN SELECT RAISE(ABORT, '{ONLY_GROWS}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{ONLY_GROWS}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()"
    )


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("touched")
    op.drop_table("submission")
    op.drop_table("problem")
    op.drop_table("payload")
    op.drop_table("original")
    op.drop_table("upload")
    op.drop_table("key_mark")
    op.drop_table("audit")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION audit_only_grows()")


def _tables() -> None:
    op.create_table(
        "audit",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False, comment="JSON, never an answer"),
        sa.Column("hash", sa.Text(), nullable=False, comment="SHA-256 over the entry and the hash before it"),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit"),
    )
    op.create_table(
        "key_mark",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False, comment="tells a lost key from the right one"),
        sa.PrimaryKeyConstraint("name", name="pk_key_mark"),
    )
    op.create_table(
        "upload",
        sa.Column(
            "id", sa.Integer(), nullable=False, comment="grows with time: 'as of upload n' is a comparison"
        ),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=True, comment="the site the uploader named, if any"),
        sa.Column("wave", sa.Text(), nullable=True, comment="the wave the uploader named, if any"),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("dialect", sa.Text(), nullable=False),
        sa.Column("uploader", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("instrument_version", sa.Text(), nullable=False),
        sa.Column("instrument_sha256", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column(
            "replaced",
            sa.Integer(),
            nullable=False,
            comment="of the accepted, how many replaced an older revision",
        ),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_upload"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_upload_campaign_sha256", "upload", ["campaign", "sha256"], unique=False)
    op.create_table(
        "original",
        sa.Column("upload", sa.Integer(), nullable=False),
        sa.Column(
            "bytes", sa.LargeBinary(), nullable=False, comment="the file, compressed and then encrypted"
        ),
        sa.ForeignKeyConstraint(
            ["upload"], ["upload.id"], name="fk_original_upload_upload", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload", name="pk_original"),
    )
    op.create_table(
        "payload",
        sa.Column("upload", sa.Integer(), nullable=False),
        sa.Column(
            "answers",
            sa.LargeBinary(),
            nullable=False,
            comment="the newly stored answers as one Parquet file",
        ),
        sa.ForeignKeyConstraint(
            ["upload"], ["upload.id"], name="fk_payload_upload_upload", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload", name="pk_payload"),
    )
    op.create_table(
        "problem",
        sa.Column("upload", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("is_warning", sa.Boolean(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("column", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True, comment="the one cell to be mended, cut"),
        sa.Column("values", sa.Text(), nullable=False, comment="JSON; fills the sentences"),
        sa.ForeignKeyConstraint(
            ["upload"], ["upload.id"], name="fk_problem_upload_upload", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload", "number", name="pk_problem"),
    )
    op.create_table(
        "submission",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("submission", sa.Text(), nullable=False, comment="as received"),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column(
            "content", sa.LargeBinary(length=16), nullable=False, comment="fingerprint of answers and parts"
        ),
        sa.Column("upload", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="row of the upload's payload, from 0"),
        sa.Column("superseded_by", sa.Integer(), nullable=True, comment="none: this revision is current"),
        sa.ForeignKeyConstraint(["superseded_by"], ["upload.id"], name="fk_submission_superseded_by_upload"),
        sa.ForeignKeyConstraint(["upload"], ["upload.id"], name="fk_submission_upload_upload"),
        sa.PrimaryKeyConstraint("campaign", "submission", "revision", name="pk_submission"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_submission_superseded",
        "submission",
        ["upload"],
        unique=False,
        sqlite_where=sa.text("superseded_by IS NOT NULL"),
        postgresql_where=sa.text("superseded_by IS NOT NULL"),
    )
    op.create_table(
        "touched",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column("upload", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "rows",
            sa.Integer(),
            nullable=False,
            comment="rows the upload stored there; 0: it only replaced some",
        ),
        sa.ForeignKeyConstraint(["upload"], ["upload.id"], name="fk_touched_upload_upload"),
        sa.PrimaryKeyConstraint("campaign", "site", "wave", "upload", name="pk_touched"),
    )
