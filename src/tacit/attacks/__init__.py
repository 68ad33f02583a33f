"""Signals to scores, one attack a file."""

from tacit.attacks.threshold import Threshold

__all__ = ["Threshold"]
