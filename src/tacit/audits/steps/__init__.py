"""What the audits share, one step a file."""
