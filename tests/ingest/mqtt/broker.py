"""mosquitto as Debian ships it, in a folder of its own, and whoever publishes there."""

import signal
import subprocess
import sys
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from bench.broker import Broker as Broker
from tests.conftest import PATIENT_S
from tests.ingest.world import PROJECT, environment


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
        self.client.disconnect()  # it may have been connecting anew, and then left the connection open


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
        return self.process.wait(PATIENT_S)
