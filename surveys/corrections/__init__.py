"""Corrections are data: what one is, the states it goes through, and what several of them come to. Pure."""
