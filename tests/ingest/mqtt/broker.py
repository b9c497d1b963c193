"""mosquitto as Debian ships it, in a folder of its own, and whoever publishes there."""

import getpass
import signal
import socket
import subprocess
import sys
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from cli import machine
from cli.ports import free_ports
from tests.conftest import eventually
from tests.ingest.world import PROJECT, environment

# As docs/devices.md has it: nothing is lost while Loadstar, or the broker, is away.
LOSES_NOTHING = """
user {user}
persistence true
persistence_location {folder}/
autosave_on_changes true
autosave_interval 1
max_queued_messages 100000
max_inflight_messages 1000
"""


class Broker:
    """A mosquitto."""

    def __init__(self, folder: Path, listener: str = "", access: str = "allow_anonymous true") -> None:
        with free_ports(1) as (port,):
            self.port = port
        folder.mkdir(exist_ok=True)
        self._file = folder / "mosquitto.conf"
        self._file.write_text(
            f"{LOSES_NOTHING.format(folder=folder, user=getpass.getuser())}\nlistener {port} 127.0.0.1\n{listener}\n{access}\n"
        )
        self._log = folder / "mosquitto.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Broker":
        program = machine.mosquitto()
        assert program
        with self._log.open("ab") as log:
            self.process = subprocess.Popen([program, "-c", str(self._file)], stdout=log, stderr=log)
        eventually(self._answers)
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self._log.read_text()
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    @property
    def written_ns(self) -> int:
        """When it wrote its state last."""
        state = self._file.with_name("mosquitto.db")
        return state.stat().st_mtime_ns if state.exists() else 0

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


class Publisher:
    """A client with QoS 1: what it says is published has been acknowledged by the broker."""

    def __init__(self, port: int, username: str | None = None, password: str | None = None, ca: Path | None = None) -> None:
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        if ca is not None:
            self.client.tls_set(str(ca))
        self.acknowledged = 0  # by the broker
        self.client.on_publish = self._on_publish
        self.client.max_inflight_messages_set(500)
        self.client.reconnect_delay_set(1, 1)
        if username:
            self.client.username_pw_set(username, password)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _on_publish(self, *_: object) -> None:
        self.acknowledged += 1

    def say(self, topic: str, payload: str, retain: bool = False) -> mqtt.MQTTMessageInfo:
        return self.client.publish(topic, payload, qos=1, retain=retain)

    def end(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Listener:
    """The process that listens, as it runs in production."""

    def __init__(self, settings) -> None:
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None
        self._log = settings.home / "mqtt.log"

    def start(self) -> "Listener":
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ingest.mqtt"], cwd=PROJECT, env=environment(self.settings), stdout=log, stderr=log
            )
        return self

    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)
