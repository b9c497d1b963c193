"""The site of the overview's tests, with dashboards on it."""

from tests.dashboard.overview.conftest import site, world

__all__ = ["site", "world"]
