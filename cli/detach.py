"""Going on in the background once the start has succeeded, with the start's words still shown in the terminal."""

import os
import signal
import sys

READY = b"1"


class Background:
    """This process, which goes on when the one that was typed has ended."""

    def __init__(self, tell: int) -> None:
        self._tell = tell

    def leave_terminal(self) -> None:
        """Let the typed command end well; from here on nothing is read from or written to the terminal."""
        sys.stdout.flush()
        sys.stderr.flush()
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        os.write(self._tell, READY)
        os.close(self._tell)


def to_background() -> Background:
    """Fork before any thread is started. The typed command waits for `leave_terminal`, and passes Ctrl-C on."""
    listen, tell = os.pipe()
    child = os.fork()
    if child:
        os.close(tell)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: os.kill(child, signal.SIGTERM))
        if os.read(listen, 1) == READY:
            os._exit(0)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    os.close(listen)
    os.setsid()
    return Background(tell)
