"""What nginx counts as one network is what the application does."""

import http.client
import re
import subprocess
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from cli.ports import free_ports
from config.settings import PROJECT
from store.records.signin.attempts import network_of
from tests.conftest import PATIENT_S, eventually

pytestmark = pytest.mark.nginx

ADDRESSES = [
    "192.0.2.7",
    "192.0.2.8",
    "2001:db8:1:2::5",
    "2001:db8:1:2:3:4:5:6",
    "2001:db8:1:2:3::",
    "2001:db8:1:3::5",
    "2001:db8::1",
    "2001:db8::7",
    "2001:db8:1::9",
]


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """An nginx that answers by the map of Loadstar's configuration; the address is the one that a header claims."""
    network = re.search(r"^map \$remote_addr.*?^}$", (PROJECT / "config/nginx/loadstar.conf.template").read_text(), re.M | re.S)
    assert network
    with free_ports(1) as [free]:
        pass
    temporary = "".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/errors; events {{}} http {{ access_log off; {temporary}"
        f"{network[0]} set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;"
        f"server {{ listen 127.0.0.1:{free}; location / {{ return 200 $loadstar_network; }} }} }}"
    )
    running = subprocess.Popen(["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")])
    try:
        eventually(lambda: _network(free, "192.0.2.1"))
        yield free
    finally:
        running.terminate()
        running.wait(PATIENT_S)


def _network(port: int, address: str) -> str | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/", headers={"X-Real-IP": address})
        return connection.getresponse().read().decode()
    except OSError:
        return None
    finally:
        connection.close()


def test_two_addresses_are_one_network_for_nginx_when_they_are_for_the_application(port: int) -> None:
    for one, other in combinations(ADDRESSES, 2):
        together = network_of(one) == network_of(other)
        assert (_network(port, one) == _network(port, other)) == together, f"{one} and {other}"
