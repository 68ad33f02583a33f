"""Recipes: which attacks, metrics and gates make an audit, and the Report that comes of it."""

from tacit.audits.dp_claim import dp_audit
from tacit.audits.one_model import membership_audit
from tacit.audits.shadow import shadow_attacks, shadow_audit
from tacit.audits.steps.default_checks import default_checks

__all__ = ["default_checks", "dp_audit", "membership_audit", "shadow_attacks", "shadow_audit"]
