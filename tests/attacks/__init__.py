"""Attacks on what is shown: what somebody who reads everything could learn of one person."""
