"""What is locked, installed into `.venv` exactly: nothing is resolved, every file's hash is checked.

The launcher runs this file by itself, with whatever Python it found: only the standard library is imported.
uv installs, the one of the lock; pip, which is slower, where there is no uv. Both ask the index that pip is set up for.
"""

import ast
import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

LOCK = "requirements.lock"
TEST_LOCK = "requirements-test.lock"  # all of the other lock, and uv
UNFINISHED = "unfinished"
TIMEOUT_S = 20
RETRIES = 2
# What uv calls the settings that pip has.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
    "no-cache-dir": "UV_NO_CACHE",
}
# What pip or uv says when it fails, and what to do then.
CAUSES = {
    r"CERTIFICATE_VERIFY_FAILED|invalid peer certificate": (
        "the package index shows a certificate that is not trusted here: set PIP_CERT to your authorities' file, and try again."
    ),
    r"DO NOT MATCH THE HASHES|[Hh]ash mismatch": (
        "what the package index sent is not what is locked (its hash is another): the download was cut off, or somebody changed "
        "it. Nothing of it was run; try again, and if it stays so, ask who runs the index. All of it: {venv}/install.log"
    ),
    r"No space left": "no space is left on the disk of {venv}: about 1 GB is needed; free some and try again.",
    r"NewConnectionError|ConnectTimeout|ReadTimeout|Max retries|[Cc]onnection (broken|reset|refused|aborted)|IncompleteRead"
    r"|error sending request|error reading a body|client error|Temporary failure in name resolution|timed out": (
        "the package index cannot be reached: check the network, or set PIP_INDEX_URL to a mirror, and try again."
    ),
}


Done = subprocess.CompletedProcess[str]


class Failed(Exception):
    """It could not be installed; the message says why, and what to do."""


def install(root: Path, lock: str) -> None:
    """Make `.venv` if it is not there, and install a lock of the project in `root` into it.

    What was not finished, by a kill or a lost network, is made again from what had been downloaded.

    Raises:
        Failed: no network, no space, or something that the index has not.
    """
    venv = root / ".venv"
    if is_installed(root, lock):  # by another who was here first
        return
    _say(f"installing the requirements of {lock} into .venv (once; less than a minute) …")
    if (venv / UNFINISHED).exists() or not os.access(venv / "bin/python", os.X_OK):
        _make(venv)
    (venv / UNFINISHED).touch()
    log = venv / "install.log"
    log.write_text("")
    done = _by_uv(root, lock, log) or _by_pip(root, lock, log)
    if done.returncode:
        raise Failed(f"the requirements could not be installed: {_first_error(done.stdout)} (all of it: {log})")
    for name in (LOCK, TEST_LOCK):
        _mark(venv, name).unlink(missing_ok=True)
    for name in {lock, LOCK}:
        shutil.copyfile(root / name, _mark(venv, name))
    (venv / UNFINISHED).unlink()


def is_installed(root: Path, lock: str) -> bool:
    """Whether the lock is in `.venv` as it is now; the launcher asks the same with `cmp`."""
    venv = root / ".venv"
    try:
        same = (root / lock).read_bytes() == _mark(venv, lock).read_bytes()
    except FileNotFoundError:
        return False
    return same and not (venv / UNFINISHED).exists()


def _mark(venv: Path, lock: str) -> Path:
    return venv / f"installed-{lock}"


def _make(venv: Path) -> None:
    if venv.is_symlink():
        venv.unlink()
    shutil.rmtree(venv, ignore_errors=True)
    venv.mkdir()
    (venv / UNFINISHED).touch()
    made = _run(sys.executable, "-m", "venv", str(venv))
    if made.returncode:
        raise Failed(cause(made.stdout, venv) or f"Python could not make {venv}: {_first_error(made.stdout)}")


def _by_uv(root: Path, lock: str, log: Path) -> Done | None:
    """Install by the uv that is locked; None if there is none for this machine, or it cannot do it."""
    venv = log.parent
    pin = venv / "uv.lock"
    pin.write_text(uv_pin((root / TEST_LOCK).read_text()))
    if not pin.stat().st_size or _logged(log, *_pip(venv), "--only-binary", ":all:", "--requirement", str(pin)).returncode:
        return None
    settings = pip_settings(_run(*_pip_itself(venv), "config", "list").stdout)
    options = ["--require-hashes", "--no-progress", "--no-python-downloads", "--python", str(venv / "bin/python")]
    if settings.get("no-index", "").lower() in {"1", "true", "yes", "on"}:
        options.append("--no-index")
    command = (str(venv / "bin/uv"), "pip", "sync", *options, str(root / lock))
    done = _logged(log, *command, environment=uv_environment(settings, os.environ))
    return None if done.returncode else done


def _by_pip(root: Path, lock: str, log: Path) -> Done:
    return _logged(log, *_pip(log.parent), "--requirement", str(root / lock))


def _pip_itself(venv: Path) -> tuple[str, ...]:
    return str(venv / "bin/python"), "-m", "pip", "--disable-pip-version-check", "--no-input"


def _pip(venv: Path) -> tuple[str, ...]:
    """The pip that came with Python, of whatever version, told to install what is named and nothing else."""
    limits = ("--retries", str(RETRIES), "--timeout", str(TIMEOUT_S))
    return *_pip_itself(venv), "install", "--no-deps", "--require-hashes", *limits


def uv_pin(text: str) -> str:
    """The lines of a lock file that are uv's, with their hashes."""
    pin = re.search(r"^uv==.*(\n[ \t].*)*\n?", text, re.MULTILINE)
    return pin[0] if pin else ""


def pip_settings(listed: str) -> dict[str, str]:
    """What pip is set up with for installing, from what `pip config list` printed; several values are set apart by a space."""
    chosen: dict[str, str] = {}
    for source in ("global", "install", ":env:"):  # as pip ranks them
        for name, value in re.findall(rf"^{source}\.([\w-]+)=(.*)$", listed, re.MULTILINE):
            chosen[name] = " ".join(str(ast.literal_eval(value)).split())
    return chosen


def uv_environment(settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The environment that has uv ask where pip asks, by pip's settings; what it says to uv itself wins."""
    named = {UV_NAMES[name]: value for name, value in settings.items() if name in UV_NAMES and value}
    if "UV_FIND_LINKS" in named:
        named["UV_FIND_LINKS"] = named["UV_FIND_LINKS"].replace(" ", ",")
    limits = {"UV_HTTP_TIMEOUT": str(TIMEOUT_S), "UV_HTTP_RETRIES": str(RETRIES)}
    # A lock names a version and its hashes: it may come from any of the indexes, as with pip.
    strategy = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    own = {name: value for name, value in environment.items() if name.startswith("UV_")}
    return {**environment, **limits, **strategy, **named, **own}


def _run(*command: str, environment: Mapping[str, str] | None = None) -> Done:
    """Run a command to its end; what it said, errors too, is its `stdout`."""
    return subprocess.run(  # noqa: S603 - our own words
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        close_fds=False,  # it holds the folder too
    )


def _logged(log: Path, *command: str, environment: Mapping[str, str] | None = None) -> Done:
    """Run a command and add what it said to the log.

    Raises:
        Failed: for a cause that no other way of installing gets round.
    """
    done = _run(*command, environment=environment)
    with log.open("a") as file:
        file.write(done.stdout)
    if done.returncode and (sentence := cause(done.stdout, log.parent)):
        raise Failed(sentence)
    return done


def cause(said: str, venv: Path) -> str:
    """What to do about what pip or uv said, if it is the network, the disk or a certificate."""
    return next((sentence.format(venv=venv) for pattern, sentence in CAUSES.items() if re.search(pattern, said)), "")


def _first_error(said: str) -> str:
    lines = said.strip().splitlines() or ["it said nothing"]
    return next((line.strip() for line in lines if re.match(r" *(ERROR|error)", line)), lines[-1])


def _say(sentence: str) -> None:
    sys.stderr.write(f"loadstar: {sentence}\n")
    sys.stderr.flush()


def main(lock: str) -> int:
    """Install a lock of the project that this file is in; one at a time, who comes second finds it done."""
    root = Path(__file__).resolve().parent.parent
    try:
        _one_at_a_time(root)
        install(root, lock)
    except Failed as failed:
        _say(str(failed))
        return 1
    except OSError as error:
        _say(f"the requirements could not be installed ({error}): check the free space and your rights there, and try again.")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _one_at_a_time(root: Path) -> None:
    """Hold the project's folder to the end of this process and of what it runs, should that outlive it."""
    folder = os.open(root, os.O_RDONLY)
    os.set_inheritable(folder, True)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _say("waiting for another Loadstar that installs the requirements …")
        fcntl.flock(folder, fcntl.LOCK_EX)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
