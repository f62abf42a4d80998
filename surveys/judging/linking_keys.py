"""Linking keys among the columns of a file: read, never judged, handed on in the clear for codes to be made of them."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveys.fieldwork import Fieldwork
from surveys.judging.answers import Answers


def unjudged_keys(fieldwork: Fieldwork | None) -> frozenset[str]:
    """Keys kept as codes alone: what is said of an answer may quote it, so nothing is said of these."""
    return fieldwork.unstored_keys - set(fieldwork.parts.values()) if fieldwork else frozenset()


def key_columns(answers: Mapping[str, Answers], fieldwork: Fieldwork | None) -> dict[str, pa.Array]:
    """The answers to each linking key by the name of its column of codes; null where there is no answer."""
    columns = {}
    for key in fieldwork.linking_keys if fieldwork else ():
        one = answers.get(key.question)
        if one is not None:
            told = np.ones(len(one.values), dtype=bool) if one.reasons is None else one.reasons == 0
            columns[key.column] = pc.if_else(pa.array(told), one.values, pa.scalar(None, one.values.type))
    return columns
