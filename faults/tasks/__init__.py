"""Work that leaves traces, so that it can be counted how often it was done: a file a task, as in `worker/tasks/`."""
