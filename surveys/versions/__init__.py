"""Versions of a questionnaire: what changed between two of them, and what of it breaks a comparison."""
