"""Signals to scores, one attack a file."""

from tacit.attacks.base import BASE
from tacit.attacks.bavaria import BaVarIA
from tacit.attacks.eblira import EBLiRA
from tacit.attacks.lira import LiRA
from tacit.attacks.rmia import RMIA
from tacit.attacks.threshold import Threshold

__all__ = [
    "BASE",
    "RMIA",
    "BaVarIA",
    "EBLiRA",
    "LiRA",
    "Threshold",
]
