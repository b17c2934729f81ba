"""A day in the office, visit by visit: who finds a workstation, waits, or goes home."""
