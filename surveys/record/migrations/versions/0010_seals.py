"""A text stays sealed when it was decided about: what an empty seal means."""

import sqlalchemy as sa
from alembic import op


revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BEFORE = "the text, under the key of the upload's original; none: not waiting"
AFTER = "the text, under the key of the upload's original; none: destroyed with it"


def upgrade() -> None:
    """Say it."""
    _say(BEFORE, AFTER)


def downgrade() -> None:
    """Say what was said before."""
    _say(AFTER, BEFORE)


def _say(before: str, after: str) -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        op.alter_column(
            "withheld", "sealed", existing_type=sa.LargeBinary(), existing_comment=before, comment=after
        )
