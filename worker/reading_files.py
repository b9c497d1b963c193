"""How far a task is that reads a file: by the lines that it has, where its kind of file has lines."""

from ingest.files.importing import Progress as Told
from worker.task import Progress

OF_LINES = ("text", "json_lines", "nem12", "p1")  # of other files nobody knows how far one is


def by_lines(progress: Progress, container: str, lines: int) -> Told:
    """What is told how many readings have been read, and up to which row of so many lines."""

    def tell(readings: int, row: int) -> None:
        known = lines if container in OF_LINES else 0
        progress(min(row / known, 1.0) if known else 0.0, {"readings": readings})

    return tell
