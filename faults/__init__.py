"""`loadstar faults`: each part of a Loadstar in production is killed under load, and what it promised is counted."""

from faults.command import faults

__all__ = ["faults"]
