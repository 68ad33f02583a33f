"""Recipes: which attacks, metrics and gates make an audit, and the Report that comes of it."""

from tacit.audits.dp_claim import dp_audit
from tacit.audits.one_model import membership_audit
from tacit.audits.shadow import shadow_attacks, shadow_audit
from tacit.audits.steps.default_checks import default_checks
from tacit.audits.steps.text_game import Shadows, Suffixes
from tacit.audits.text import text_audit

__all__ = [
    "Shadows",
    "Suffixes",
    "default_checks",
    "dp_audit",
    "membership_audit",
    "shadow_attacks",
    "shadow_audit",
    "text_audit",
]
