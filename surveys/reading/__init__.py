"""One module a family of formats: a file becomes a RawFile of text, headers and line numbers."""

from surveys.reading.table import RawFile, RawTable


__all__ = ["RawFile", "RawTable"]
