"""`loadstar bench`: the figures that Loadstar promises, measured beside their yardsticks in one run on one machine."""

from bench.command import bench

__all__ = ["bench"]
