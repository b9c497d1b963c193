"""A mail server of the test's own: it speaks as much SMTP as is needed, and answers as the test says."""

import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType


class MailServer:
    """Keeps what it is sent. `replies` answers a command (`RCPT`, `DATA`, …) otherwise than with what is usual."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.commands: list[str] = []
        self.replies: dict[str, bytes] = {}
        owner = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                owner._talk(self)

        class Listener(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self._server = Listener(("127.0.0.1", 0), Talk)
        self.port = self._server.server_address[1]

    def __enter__(self) -> "MailServer":
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _talk(self, talk: socketserver.StreamRequestHandler) -> None:
        talk.wfile.write(b"220 here\r\n")
        while line := talk.rfile.readline():
            command = line.decode().strip()
            word = command.partition(" ")[0].upper()
            self.commands.append(command)
            reply = next((said for start, said in self.replies.items() if command.upper().startswith(start.upper())), None)
            if reply == b"":
                return
            if reply is None and word == "RCPT":
                self.recipients.append(command.partition("<")[2].partition(">")[0])
            if reply is None and word == "DATA":
                talk.wfile.write(b"354 go on\r\n")
                lines = []
                while (part := talk.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(part[1:] if part.startswith(b".") else part)
                self.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
            usual = {"EHLO": b"250-here\r\n250 AUTH PLAIN", "AUTH": b"235 welcome", "QUIT": b"221 bye"}
            talk.wfile.write((reply or usual.get(word, b"250 fine")) + b"\r\n")
            if word == "QUIT":
                return
