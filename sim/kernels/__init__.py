"""Compiled arithmetic on plain arrays: no labels, no defaults, no exceptions."""
