"""Readings that were refused, put right by people."""
