"""The `loadstar` command line: starting, watching and stopping the processes."""
