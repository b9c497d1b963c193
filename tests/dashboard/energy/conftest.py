"""The world's site with readings of its own, as the pages of data quality have it."""

from tests.dashboard.quality.conftest import measured, sender

__all__ = ["measured", "sender"]
