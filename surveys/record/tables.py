"""The tables of the record. Whoever adds one declares it on ``metadata`` and writes a migration.

Site and wave are ``""`` where a campaign has none, because a key may not hold nothing.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC on every database; SQLite keeps no time zone of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment as the database keeps it."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment with its time zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

upload = Table(
    "upload",
    metadata,
    Column("id", Integer, primary_key=True, comment="grows with time: 'as of upload n' is a comparison"),
    Column("campaign", Text, nullable=False),
    Column("site", Text, comment="the site the uploader named, if any"),
    Column("wave", Text, comment="the wave the uploader named, if any"),
    Column("sha256", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("format", Text, nullable=False),
    Column("dialect", Text, nullable=False),
    Column("uploader", Text, nullable=False),
    Column("uploaded_at", Moment, nullable=False),
    Column("instrument", Text, nullable=False),
    Column("instrument_version", Text, nullable=False),
    Column("instrument_sha256", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column(
        "replaced", Integer, nullable=False, comment="of the accepted, how many replaced an older revision"
    ),
    Column("unchanged", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("of", Integer, comment="the step that an undo takes back"),
    Column("withdrawn_by", Integer, comment="the undo that took this step back"),
    Column("reason", Text, nullable=False, server_default="", comment="why, where a person decided"),
    Index("ix_upload_campaign_sha256", "campaign", "sha256"),
    sqlite_autoincrement=True,
)

original = Table(
    "original",
    metadata,
    Column("upload", Integer, ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True),
    Column("bytes", LargeBinary, nullable=False, comment="the file, compressed and then encrypted"),
    Column("key", Text, comment="name of the key file that opens it; none: the workspace's own key"),
)

withheld = Table(
    "withheld",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("upload", Integer, ForeignKey("upload.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False, comment="row of the upload's payload, from 0"),
    Column("question", Text, nullable=False),
    Column("state", Text, nullable=False, comment="waiting, released, left_out or destroyed"),
    Column(
        "sealed",
        LargeBinary,
        comment="the text, under the key of the upload's original; none: destroyed with it",
    ),
    Column("text", Text, comment="the text, once a person released it"),
    Column("decided_by", Text),
    Column("decided_at", Moment),
    Index("ix_withheld_upload", "upload"),
    sqlite_autoincrement=True,
)

without_consent = Table(
    "without_consent",
    metadata,
    Column("upload", Integer, ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True),
    Column("site", Text, primary_key=True, comment="empty: the row does not say it"),
    Column("wave", Text, primary_key=True),
    Column("refused", Integer, nullable=False, comment="interviews whose respondent said no"),
    Column("blank", Integer, nullable=False, comment="interviews that do not say it though they must"),
)

roster = Table(
    "roster",
    metadata,
    Column("upload", Integer, ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True, comment="of the repeat in the form"),
    Column("rows", Integer, nullable=False, comment="as received"),
    Column(
        "refused", Integer, nullable=False, comment="for what they say, or because they have no interview"
    ),
    Column("stored", Integer, nullable=False, comment="with the interviews of this upload, in their payload"),
)

certificate = Table(
    "certificate",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("body", Text, nullable=False, comment="JSON: which originals were destroyed, when, why and how"),
    Column("sha256", Text, nullable=False, comment="of the body; the audit holds it too"),
)

payload = Table(
    "payload",
    metadata,
    Column("upload", Integer, ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True),
    Column("answers", LargeBinary, nullable=False, comment="the newly stored answers as one Parquet file"),
    Column("sha256", Text, nullable=False, server_default="", comment="of the answers"),
)

submission = Table(
    "submission",
    metadata,
    Column("campaign", Text, primary_key=True),
    Column("submission", Text, primary_key=True, comment="as received"),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("site", Text, nullable=False),
    Column("wave", Text, nullable=False),
    Column("content", LargeBinary(16), nullable=False, comment="fingerprint of answers and parts"),
    Column("upload", Integer, ForeignKey("upload.id"), nullable=False),
    Column("position", Integer, nullable=False, comment="row of the upload's payload, from 0"),
    Column("superseded_by", Integer, ForeignKey("upload.id"), comment="none: this revision is current"),
    Column(
        "restored_by",
        Integer,
        ForeignKey("upload.id"),
        comment="the step that brought these answers back; none: they came with the upload itself",
    ),
    Index(
        "ix_submission_superseded",
        "upload",
        sqlite_where=text("superseded_by IS NOT NULL"),
        postgresql_where=text("superseded_by IS NOT NULL"),
    ),
    Index(
        "ix_submission_restored",
        "upload",
        sqlite_where=text("restored_by IS NOT NULL"),
        postgresql_where=text("restored_by IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

version = Table(
    "version",
    metadata,
    Column("campaign", Text, primary_key=True),
    Column("version", Text, primary_key=True, comment="an id other than the first one of an interview"),
    Column("upload", Integer, ForeignKey("upload.id"), primary_key=True, autoincrement=False),
    Column("submission", Text, nullable=False, comment="the interview it is a version of"),
    Column("previous", Text, comment="the id that it replaced, where the source says"),
)

relied = Table(
    "relied",
    metadata,
    Column("upload", Integer, ForeignKey("upload.id"), primary_key=True, autoincrement=False),
    Column(
        "earlier",
        Integer,
        ForeignKey("upload.id"),
        primary_key=True,
        autoincrement=False,
        comment="a step that had brought interviews which the upload said again",
    ),
)

held = Table(
    "held",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("upload", Integer, ForeignKey("upload.id"), nullable=False),
    Column("position", Integer, nullable=False, comment="row of the upload's held payload, from 0"),
    Column("row", Integer, nullable=False),
    Column("line", Integer, nullable=False),
    Column("code", Text, nullable=False, comment="why it is held: the code of the problem"),
    Column("submission", Text, nullable=False, comment="as received"),
    Column("interview", Text, nullable=False, comment="the submission it competes with"),
    Column("site", Text, nullable=False),
    Column("wave", Text, nullable=False),
    Column("content", LargeBinary(16), nullable=False),
    Column("step", Integer, ForeignKey("upload.id"), comment="the last decision on it"),
    Column("own", Text, comment="its own submission id, where both are kept"),
    Index("ix_held_campaign_interview", "campaign", "interview"),
    sqlite_autoincrement=True,
)

held_payload = Table(
    "held_payload",
    metadata,
    Column("upload", Integer, ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True),
    Column("answers", LargeBinary, nullable=False, comment="the held answers as one Parquet file"),
    Column("sha256", Text, nullable=False, server_default="", comment="of the answers"),
    Column("codes", LargeBinary, comment="codes of the linking keys, a row for each, encrypted"),
)

touched = Table(
    "touched",
    metadata,
    Column("campaign", Text, primary_key=True),
    Column("site", Text, primary_key=True),
    Column("wave", Text, primary_key=True),
    Column("upload", Integer, ForeignKey("upload.id"), primary_key=True, autoincrement=False),
    Column("rows", Integer, nullable=False, comment="rows the upload stored there; 0: it only replaced some"),
)

problem = Table(
    "problem",
    metadata,
    Column("upload", Integer, ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("is_warning", Boolean, nullable=False),
    Column("code", Text, nullable=False),
    Column("row", Integer),
    Column("line", Integer),
    Column("column", Text),
    Column("value", Text, comment="the one cell to be mended, cut"),
    Column("values", Text, nullable=False, comment="JSON; fills the sentences"),
)

correction_log = Table(
    "correction_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("dialect", Text, nullable=False),
    Column("imported_by", Text, nullable=False),
    Column("imported_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

correction = Table(
    "correction",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("submission", Text, nullable=False, comment="as received"),
    Column("site", Text, nullable=False),
    Column("wave", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="change or withdraw"),
    Column("question", Text, nullable=False, comment="empty: the interview as a whole"),
    Column("type", Text, nullable=False, comment="of the question"),
    Column("part", Text, comment="the part of the interview that follows from the question"),
    Column("part_value", Text),
    Column("old_value", Text, comment="what the record is expected to hold"),
    Column("old_missing", Text),
    Column("new_value", Text),
    Column("new_missing", Text),
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("log", Integer, ForeignKey("correction_log.id")),
    Column("sheet", Text),
    Column("row", Integer),
    Column("state", Text, nullable=False),
    Column("told", Text, comment="code of why it is where it is"),
    Column("applied_at", Integer, ForeignKey("upload.id"), comment="its place in the order of uploads"),
    Column("turn", Integer, comment="among those applied at the same place"),
    Column("ended_at", Integer, ForeignKey("upload.id"), comment="from this place on it no longer counts"),
    Index("ix_correction_campaign_submission", "campaign", "submission"),
    sqlite_autoincrement=True,
)

correction_step = Table(
    "correction_step",
    metadata,
    Column("correction", Integer, ForeignKey("correction.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("told", Text),
    Column("place", Integer, ForeignKey("upload.id")),
)

correction_log_row = Table(
    "correction_log_row",
    metadata,
    Column("log", Integer, ForeignKey("correction_log.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sheet", Text, nullable=False),
    Column("row", Integer, nullable=False, comment="as the spreadsheet numbers it"),
    Column("status", Text, nullable=False),
    Column("code", Text, nullable=False, comment="why; never an answer"),
    Column("values", Text, nullable=False, comment="JSON; fills the sentences, never an answer"),
    Column("corrections", Text, nullable=False, comment="JSON: ids of the corrections made of it"),
)

source_decision = Table(
    "source_decision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("site", Text, nullable=False, comment="empty: the files say it themselves"),
    Column("instrument", Text, nullable=False, comment="the form's id, whatever its version"),
    Column("format", Text, nullable=False),
    Column("dialect", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("answers", Text, nullable=False, comment="JSON: what was decided, by key; no answer"),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column(
        "upload",
        Integer,
        ForeignKey("upload.id"),
        nullable=False,
        comment="the upload for which it was decided",
    ),
    UniqueConstraint(
        "campaign", "site", "instrument", "format", "dialect", "version", name="uq_source_decision_version"
    ),
    sqlite_autoincrement=True,
)

source_use = Table(
    "source_use",
    metadata,
    Column("upload", Integer, ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True),
    Column("decision", Integer, ForeignKey("source_decision.id"), nullable=False),
    Column("used", Text, nullable=False, comment="JSON: the keys that mattered for the upload"),
)

audit = Table(
    "audit",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", Text, nullable=False, comment="JSON, never an answer"),
    Column("hash", Text, nullable=False, comment="SHA-256 over the entry and the hash before it"),
)

link_code = Table(
    "link_code",
    metadata,
    Column("upload", Integer, ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "codes",
        LargeBinary,
        nullable=False,
        comment="codes of the linking keys, a row for each of the payload, encrypted",
    ),
)

link = Table(
    "link",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("wave_from", Text, nullable=False),
    Column("wave_to", Text, nullable=False),
    Column("submission_from", Text, nullable=False),
    Column("submission_to", Text, nullable=False),
    Column("agreement", Text, nullable=False, comment="JSON; linking key: same, similar, differs, missing"),
    Column("strength", Float, nullable=False, comment="probability that the two are one person, 0-1"),
    Column("rivals", Integer, nullable=False, comment="other interviews that fit one of the two as well"),
    Column("same_id", Boolean, nullable=False, comment="linked by the respondent's id unless rejected"),
    Column("state", Text, nullable=False, comment="proposed, accepted, rejected, undecided"),
    Column("proposed_at", Moment, nullable=False),
    UniqueConstraint("campaign", "submission_from", "submission_to"),
    Index("ix_link_campaign_site", "campaign", "site"),
)

link_decision = Table(
    "link_decision",
    metadata,
    Column("link", Integer, ForeignKey("link.id"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False, comment="what the pair is from now on"),
    Column("undoes", Boolean, nullable=False, comment="takes the decision before it back"),
    Column("actor", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column(
        "place", Integer, ForeignKey("upload.id"), comment="in the order of uploads, where it changes answers"
    ),
)

questionnaire = Table(
    "questionnaire",
    metadata,
    Column("sha256", Text, primary_key=True, comment="of the questionnaire's file"),
    Column("content", LargeBinary, nullable=False, comment="questions, choices and languages, compressed"),
)

key_mark = Table(
    "key_mark",
    metadata,
    Column("name", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False, comment="tells a lost key from the right one"),
)

erased = Table(
    "erased",
    metadata,
    Column("campaign", Text, primary_key=True),
    Column(
        "mark", Text, primary_key=True, comment="keyed hash of an id, so that it is known when it comes again"
    ),
    Column("certificate", Integer, ForeignKey("certificate.number"), nullable=False),
)
