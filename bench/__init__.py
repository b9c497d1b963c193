"""`loadstar bench`: the figures that Loadstar promises, measured beside their yardsticks in one run on one machine."""
