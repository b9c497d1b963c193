"""`python -m cli`, which the launcher `loadstar` runs."""

from cli.main import loadstar

loadstar(prog_name="loadstar")
