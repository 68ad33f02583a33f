"""attacks/contrib."""
