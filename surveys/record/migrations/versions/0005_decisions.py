"""Versions of interviews, interviews held for a person, decisions about them, and steps that are taken back."""

import re

import sqlalchemy as sa
from alembic import op


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STEP_COLUMNS = ("of", "withdrawn_by", "reason")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def upgrade() -> None:
    """Make the tables, and write ids of interviews in the one spelling they are compared in from here on."""
    op.add_column("upload", sa.Column("of", sa.Integer(), comment="the step that an undo takes back"))
    op.add_column(
        "upload", sa.Column("withdrawn_by", sa.Integer(), comment="the undo that took this step back")
    )
    op.add_column(
        "upload",
        sa.Column(
            "reason", sa.Text(), nullable=False, server_default="", comment="why, where a person decided"
        ),
    )
    with op.batch_alter_table("submission") as submission:
        submission.add_column(
            sa.Column(
                "restored_by",
                sa.Integer(),
                comment="the step that brought these answers back; none: they came with the upload itself",
            )
        )
        submission.create_foreign_key("fk_submission_restored_by_upload", "upload", ["restored_by"], ["id"])
    op.create_index(
        "ix_submission_restored",
        "submission",
        ["upload"],
        sqlite_where=sa.text("restored_by IS NOT NULL"),
        postgresql_where=sa.text("restored_by IS NOT NULL"),
    )
    _tables()
    _spell_ids()


def downgrade() -> None:
    """Remove the tables; the spelling of ids stays."""
    op.drop_table("held_payload")
    op.drop_table("held")
    op.drop_table("relied")
    op.drop_table("version")
    op.drop_index("ix_submission_restored", "submission")
    with op.batch_alter_table("submission") as submission:
        submission.drop_constraint("fk_submission_restored_by_upload", type_="foreignkey")
        submission.drop_column("restored_by")
    for name in STEP_COLUMNS:
        op.drop_column("upload", name)


def _tables() -> None:
    op.create_table(
        "version",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column(
            "version", sa.Text(), nullable=False, comment="an id other than the first one of an interview"
        ),
        sa.Column("upload", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("submission", sa.Text(), nullable=False, comment="the interview it is a version of"),
        sa.Column(
            "previous", sa.Text(), nullable=True, comment="the id that it replaced, where the source says"
        ),
        sa.ForeignKeyConstraint(["upload"], ["upload.id"], name="fk_version_upload_upload"),
        sa.PrimaryKeyConstraint("campaign", "version", "upload", name="pk_version"),
    )
    op.create_table(
        "relied",
        sa.Column("upload", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "earlier",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="a step that had brought interviews which the upload said again",
        ),
        sa.ForeignKeyConstraint(["upload"], ["upload.id"], name="fk_relied_upload_upload"),
        sa.ForeignKeyConstraint(["earlier"], ["upload.id"], name="fk_relied_earlier_upload"),
        sa.PrimaryKeyConstraint("upload", "earlier", name="pk_relied"),
    )
    op.create_table(
        "held",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("upload", sa.Integer(), nullable=False),
        sa.Column(
            "position", sa.Integer(), nullable=False, comment="row of the upload's held payload, from 0"
        ),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="why it is held: the code of the problem"),
        sa.Column("submission", sa.Text(), nullable=False, comment="as received"),
        sa.Column("interview", sa.Text(), nullable=False, comment="the submission it competes with"),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(length=16), nullable=False),
        sa.Column("step", sa.Integer(), nullable=True, comment="the last decision on it"),
        sa.Column("own", sa.Text(), nullable=True, comment="its own submission id, where both are kept"),
        sa.ForeignKeyConstraint(["upload"], ["upload.id"], name="fk_held_upload_upload"),
        sa.ForeignKeyConstraint(["step"], ["upload.id"], name="fk_held_step_upload"),
        sa.PrimaryKeyConstraint("id", name="pk_held"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_held_campaign_interview", "held", ["campaign", "interview"])
    op.create_table(
        "held_payload",
        sa.Column("upload", sa.Integer(), nullable=False),
        sa.Column(
            "answers", sa.LargeBinary(), nullable=False, comment="the held answers as one Parquet file"
        ),
        sa.Column(
            "codes",
            sa.LargeBinary(),
            nullable=True,
            comment="codes of the linking keys, a row for each, encrypted",
        ),
        sa.ForeignKeyConstraint(
            ["upload"], ["upload.id"], name="fk_held_payload_upload_upload", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload", name="pk_held_payload"),
    )


def _spell_ids() -> None:
    """Take ``uuid:`` off and write UUIDs small, but where that would make one of two interviews."""
    submission = sa.table("submission", sa.column("campaign"), sa.column("submission"))
    connection = op.get_bind()
    rows = connection.execute(sa.select(submission.c.campaign, submission.c.submission).distinct())
    known = {(row.campaign, row.submission) for row in rows}
    for campaign, id_ in sorted(known):
        bare = re.sub(r"^uuid:", "", id_, flags=re.IGNORECASE) or id_
        spelt = bare.lower() if UUID.fullmatch(bare) else bare
        if spelt != id_ and (campaign, spelt) not in known:
            here = (submission.c.campaign == campaign, submission.c.submission == id_)
            connection.execute(sa.update(submission).where(*here).values(submission=spelt))
            known.add((campaign, spelt))
