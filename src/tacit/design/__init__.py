"""Who is in, before training: coins for records and models, canaries."""

from tacit.design.assignment import Design, assign

__all__ = ["Design", "assign"]
