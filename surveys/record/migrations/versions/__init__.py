"""One file a step, named by its number: ``0001_record.py``, ``0002_...``."""
