"""Seeing the energy: pages that say what was used, when, what it cost, and whether that is usual."""
