"""The production files, and what they name, started on this machine without containers."""

import shutil
import string
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import machine
from config.settings import PROJECT
from faults.production import Production

TEMPLATE = PROJECT / "config/nginx/loadstar.conf.template"


@pytest.fixture(scope="session")
def production() -> Iterator[Production]:
    """A machine with nothing started yet; everything that was is stopped at the end."""
    folder = Path(tempfile.mkdtemp(prefix="loadstar-production-"))
    folder.chmod(0o755)
    made = Production(folder, {"devices": 2, "dashboard": 2})
    yield made
    made.stop_all()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def stores(production: Production, questdb_jar: Path) -> Production:
    """QuestDB and PostgreSQL run with the compose file's own environment, and `migrate` has made their tables."""
    production.start_stores(questdb_jar)
    return production


@pytest.fixture(scope="module")
def replicas(stores: Production) -> Iterator[Production]:
    """Two device APIs and two dashboards run."""
    names = [*stores.names("devices"), *stores.names("dashboard")]
    for name in names:
        stores.start(name)
    for name in names:
        stores.await_healthy(name)
    yield stores
    for name in names:
        stores.stop(name)


class Template(string.Template):
    """What the image's envsubst does: only names that begin with its filter are filled in."""

    pattern = r"\$(?:(?P<escaped>\Z\Z)|(?P<named>\Z\Z)|\{(?P<braced>LOADSTAR_NGINX_\w+)\}|(?P<invalid>\Z\Z))"


def certificate(folder: Path) -> None:
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    subprocess.run(["openssl", "req", "-x509", *curve, *subject, *files], check=True, capture_output=True)


@pytest.fixture(scope="module")
def front(replicas: Production) -> Iterator[Production]:
    """nginx stands before all replicas."""
    program = machine.nginx()
    assert program
    certificate(replicas.folder / "tls")
    folder = replicas.folder / "nginx"
    folder.mkdir()
    (folder / "loadstar.conf").write_text(Template(TEMPLATE.read_text()).substitute(replicas.environment("nginx")))
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/pid;\nerror_log stderr warn;\nevents {{}}\n"
        f"http {{\n{temporary}access_log off;\ninclude {folder}/loadstar.conf;\n}}\n"
    )
    tried = subprocess.run([program, "-t", "-q", "-c", str(folder / "nginx.conf")], capture_output=True, text=True, check=False)
    assert (tried.returncode, tried.stderr) == (0, ""), tried.stderr
    replicas.start("nginx", [program, "-e", "stderr", "-c", str(folder / "nginx.conf")])
    replicas.await_healthy("nginx")
    yield replicas
    replicas.stop("nginx")
    shutil.rmtree(folder)
