"""Never ends, together with a process that has left its group."""

import subprocess
import threading
from pathlib import Path

from tests.worker.kinds import STANDS
from worker.task import Task


def stand(scope, told, progress):
    other = subprocess.Popen(["sleep", "3600"], start_new_session=True)
    Path(told.folder, "other").write_text(str(other.pid))
    progress(0.1, None)
    threading.Event().wait()


TASK = Task(STANDS, stand, most_s=4, most_mb=512)
