"""Kills and power cuts at every moment at which something is written."""
