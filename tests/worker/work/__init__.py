"""Tasks for the tests of what does work."""
