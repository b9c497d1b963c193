"""What comes in: validation, meaning, committer; the protocol servers are in `roads`."""

import os

# Read before anything slow is imported: a parent that dies meanwhile would go unnoticed, and the processes with it.
STARTED_BY = os.getppid()
