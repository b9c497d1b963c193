"""A server of this process that answers at an address of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server


class _Quiet(WSGIRequestHandler):
    def log(self, *_line: object) -> None:
        """Say nothing."""


@contextmanager
def listening(server: Flask) -> Iterator[str]:
    """The address where it answers, until the block ends."""
    made = make_server("127.0.0.1", 0, server, threaded=True, request_handler=_Quiet)
    thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{made.server_port}"
    finally:
        made.shutdown()
        thread.join()
        made.server_close()
