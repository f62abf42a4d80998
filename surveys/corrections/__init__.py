"""Corrections are data: proposed, approved by somebody else, applied, undone. Pure but for reading a log's file."""
