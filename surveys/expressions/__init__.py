"""Relevance and constraints of a form, parsed once and evaluated over whole columns of answers."""

from surveys.expressions.evaluation import evaluate, unchecked_parts
from surveys.expressions.functions import FUNCTIONS
from surveys.expressions.grammar import Expression, Unsupported, parse, referenced_names
from surveys.expressions.relevance import asked, meets_constraint
from surveys.expressions.values import Answers, Truths


__all__ = [
    "FUNCTIONS",
    "Answers",
    "Expression",
    "Truths",
    "Unsupported",
    "asked",
    "evaluate",
    "meets_constraint",
    "parse",
    "referenced_names",
    "unchecked_parts",
]
