"""The record in the database: its tables, what a new upload makes of them, and the trail of who did what."""
