"""Everything outside the process comes in here."""
