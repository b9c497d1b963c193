"""A Loadstar of the bench's own: a state folder, ports and processes that are gone afterwards."""

import http.client
import http.cookies
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import psutil

from cli import questdb
from cli.home import absolute_settings
from cli.ports import free_ports
from config import settings as configuration
from config.settings import PREFIX, PROJECT, Settings

UP_S = 600.0
DOWN_S = 60.0
ACCOUNT = re.compile(r"^  (\S+@\S+)  (\S+)   ", re.MULTILINE)
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
OF_SITE = re.compile(r"/site/(\w+)/")


class NotUp(Exception):
    """The product did not start, or does not answer as it should; the message has the end of what it said."""


class Browser:
    """A signed-in person without a browser: keeps cookies, sends the CSRF token."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=180)

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and body of one request; redirects are not followed."""
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        self._connection.request(method, path, body, sent)
        response = self._connection.getresponse()
        content = response.read()
        for line in response.headers.get_all("Set-Cookie") or ():
            for name, morsel in http.cookies.SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return response.status, response.headers, content

    def sign_in(self, email: str, password: str) -> str:
        """Sign in; the path of the page one lands on.

        Raises:
            NotUp: the product does not let them in.
        """
        status, _, page = self.ask("GET", "/sign-in")
        token = TOKEN.search(page.decode())
        if status != 200 or token is None:
            raise NotUp(f"the sign-in page answers {status}")
        form = urlencode({"csrf_token": token[1], "email": email, "password": password}).encode()
        status, headers, _ = self.ask("POST", "/sign-in", form, Content_Type="application/x-www-form-urlencoded")
        if status not in (302, 303):
            raise NotUp(f"signing in as {email} answers {status}")
        path = headers["Location"]
        for _ in range(5):
            status, headers, _ = self.ask("GET", path)
            if status == 200:
                return path
            path = headers.get("Location") or ""
        raise NotUp(f"the first page answers {status}")

    def csrf(self) -> str:
        """What the renderer sends as X-CSRFToken."""
        return self.cookies.get("_csrf_token", "")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class Product:
    """Starts, finds and ends a Loadstar. `accounts` is email → password, known after the first start with the demo.

    Its records are SQLite in its state folder, unless `records` is the SQLAlchemy address of another database.
    """

    def __init__(self, home: Path | None, demo: bool, records: str | None = None, demo_days: int = 365) -> None:
        self.records = records
        self.demo_days = demo_days
        self.jar = questdb.ensure_jar(absolute_settings())  # the downloads are no part of any figure
        self.temporary = home is None
        self.home = home or Path(tempfile.mkdtemp(prefix="loadstar-bench-"))
        self.demo = demo
        self.accounts: dict[str, str] = {}
        self.output = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        with free_ports(2) as (self.dashboard_port, self.device_port):
            pass

    def environment(self) -> dict[str, str]:
        """The environment of its processes: nothing of the caller's own Loadstar."""
        mine = {
            "HOME": str(self.home),
            "DEMO": str(self.demo).lower(),
            "DEMO_DAYS": str(self.demo_days),
            "DASHBOARD_PORT": str(self.dashboard_port),
            "DEVICE_PORT": str(self.device_port),
            "QUESTDB_JAR": str(self.jar),
        }
        if self.records is not None:
            mine["DATABASE_URL"] = self.records
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        return inherited | {PREFIX + name: value for name, value in mine.items()}

    def settings(self) -> Settings:
        """Its settings, as its own processes have them; call it once it has been started."""
        return configuration.load(
            home=self.home,
            demo=self.demo,
            dashboard_port=self.dashboard_port,
            device_port=self.device_port,
            questdb_jar=self.jar,
            **({"database_url": self.records} if self.records else {}),
        )

    @property
    def records_url(self) -> str:
        """SQLAlchemy address of its records, before its first start too."""
        return self.records or f"sqlite:///{self.home / 'records.sqlite3'}"

    @property
    def running(self) -> bool:
        """Whether `up` runs."""
        return self._process is not None and self._process.poll() is None

    def up(self) -> float:
        """Start it; the seconds until a signed-in person has a live page (without the demo: until it says it is up).

        Raises:
            NotUp: not within ten minutes.
        """
        began = time.monotonic()
        self.output = ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cli", "up"],
            cwd=PROJECT,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        while "Loadstar is up" not in self.output:
            if not self.running or time.monotonic() - began > UP_S:
                raise NotUp(f"`up` did not start; it said:\n{self.output[-2000:]}")
            time.sleep(0.02)
        if self.demo:
            self._live_page(began)
        return time.monotonic() - began

    def _live_page(self, began: float) -> None:
        while True:
            self.accounts |= dict(ACCOUNT.findall(self.output))
            if self.accounts:
                browser = Browser(self.dashboard_port)
                try:
                    path = browser.sign_in(*next(iter(self.accounts.items())))
                    if OF_SITE.search(path):
                        return
                except (NotUp, OSError, http.client.HTTPException):
                    if time.monotonic() - began > UP_S:
                        raise
                finally:
                    browser.close()
            if time.monotonic() - began > UP_S:
                raise NotUp(f"nobody could sign in; `up` said:\n{self.output[-2000:]}")
            time.sleep(0.05)

    def _read(self) -> None:
        process = self._process
        assert process is not None  # noqa: S101 - for the type checker
        assert process.stdout is not None  # noqa: S101 - for the type checker
        for line in process.stdout:
            self.output += line.decode(errors="replace")

    def signed_in(self) -> tuple[Browser, str]:
        """An operator's browser, and the id of the site they land on."""
        browser = Browser(self.dashboard_port)
        landed = OF_SITE.search(browser.sign_in(*next(iter(self.accounts.items()))))
        if landed is None:
            raise NotUp("the operator does not land on a site")
        return browser, landed[1]

    def processes(self) -> list[psutil.Process]:
        """All that it has started."""
        assert self._process is not None  # noqa: S101 - for the type checker
        return psutil.Process(self._process.pid).children(recursive=True)

    def serving_devices(self) -> list[int]:
        """The processes that a device's post passes: the device API and QuestDB."""
        serving: dict[int, int] = {}  # each with its parent
        for each in self.processes():
            with suppress(psutil.NoSuchProcess):  # what ends meanwhile is none of them
                line = " ".join(each.cmdline())
                if line.endswith("-m ingest") or ("questdb" in line and "java" in line):
                    serving[each.pid] = each.ppid()
        return [pid for pid, parent in serving.items() if parent not in serving]

    def down(self) -> None:
        """End it as Ctrl-C does; what does not listen is killed."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(DOWN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._reader is not None:
            self._reader.join(2)
        if process.stdout is not None:
            process.stdout.close()
        self._process = None

    def remove(self) -> None:
        """End it, and remove its state folder unless it was named."""
        self.down()
        if self.temporary:
            shutil.rmtree(self.home, ignore_errors=True)
