"""Keys of single originals, texts that wait for a person, refusals of consent, certificates of destruction."""

import sqlalchemy as sa
from alembic import op


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and the column."""
    op.add_column(
        "original",
        sa.Column(
            "key", sa.Text(), comment="name of the key file that opens it; none: the workspace's own key"
        ),
    )
    op.create_table(
        "withheld",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("upload", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="row of the upload's payload, from 0"),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting, released, left_out or destroyed"),
        sa.Column(
            "sealed",
            sa.LargeBinary(),
            comment="the text, under the key of the upload's original; none: not waiting",
        ),
        sa.Column("text", sa.Text(), comment="the text, once a person released it"),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["upload"], ["upload.id"], name="fk_withheld_upload_upload", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_withheld"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_withheld_upload", "withheld", ["upload"])
    op.create_table(
        "without_consent",
        sa.Column("upload", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("site", sa.Text(), nullable=False, comment="empty: the row does not say it"),
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False, comment="interviews whose respondent said no"),
        sa.Column(
            "blank", sa.Integer(), nullable=False, comment="interviews that do not say it though they must"
        ),
        sa.ForeignKeyConstraint(
            ["upload"], ["upload.id"], name="fk_without_consent_upload_upload", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload", "site", "wave", name="pk_without_consent"),
    )
    op.create_table(
        "certificate",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column(
            "body",
            sa.Text(),
            nullable=False,
            comment="JSON: which originals were destroyed, when, why and how",
        ),
        sa.Column("sha256", sa.Text(), nullable=False, comment="of the body; the audit holds it too"),
        sa.PrimaryKeyConstraint("number", name="pk_certificate"),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("certificate")
    op.drop_table("without_consent")
    op.drop_table("withheld")
    op.drop_column("original", "key")
