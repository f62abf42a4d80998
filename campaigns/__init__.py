"""What was tried, what was measured, and what it did."""
