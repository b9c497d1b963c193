"""Typed settings, quantities with their units, and limits with their source."""
