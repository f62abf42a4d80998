"""The measurements: ratios within one run, never absolute times."""
