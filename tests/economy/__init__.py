"""The economy seen from outside: an independent reference, random campaigns, and machines over all modules together."""
