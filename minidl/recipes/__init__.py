"""Whole trainings, each readable from top to bottom."""
