"""The rows of the record as files of other programs."""
