"""The same interviews as every exporter would write them: small writers, one a family of software.

They follow what the exporters are known to write, oddities included, and share nothing with the readers.
"""
