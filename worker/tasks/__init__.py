"""What workers do: a file a task, by the name of its kind. Each runs in a process of its own, which can be ended."""
