"""What people want corrected becomes entries of the ledger: read, understood, judged by the questionnaire, told."""

from surveys.proposing.importing import ImportReport, Proposing, RowReport
from surveys.proposing.judging import Pseudonym
from surveys.proposing.questions import Questions
from surveys.proposing.wanted import Judged, Wanted


__all__ = ["ImportReport", "Judged", "Proposing", "Pseudonym", "Questions", "RowReport", "Wanted"]
