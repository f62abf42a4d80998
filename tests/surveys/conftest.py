"""Fixtures of the tests in this folder."""

from tests.surveys.databases import address, postgresql_server


__all__ = ["address", "postgresql_server"]
