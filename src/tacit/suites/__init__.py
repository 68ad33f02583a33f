"""Recipes: which attacks, metrics and gates make an audit, and the Report that comes of it."""

from tacit.suites.dp import dp_audit
from tacit.suites.membership import membership_audit
from tacit.suites.recipes import default_checks
from tacit.suites.shadow import shadow_attacks, shadow_audit

__all__ = ["default_checks", "dp_audit", "membership_audit", "shadow_attacks", "shadow_audit"]
