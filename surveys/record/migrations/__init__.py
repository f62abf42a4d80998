"""The one history of the record's tables, run by ``Catalogue`` when it opens a database."""
