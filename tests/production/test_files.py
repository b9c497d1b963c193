"""What the production files promise can be read off them: pinned, contained, without a default password."""

import json
import os
import re
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from cli import questdb, workshop
from cli.processes import dashboard_argv, processes
from config import settings as configuration
from config.settings import PROJECT, Settings
from faults.production import COMPOSE, SECRETS, compose_file
from ingest.pulls import fetch
from store.records.jobs.kinds import Queue
from store.series import connection

FILE = compose_file(SECRETS)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
DOCKERFILE = [
    line for line in re.sub(r"\\\n", " ", (PROJECT / "Dockerfile").read_text()).splitlines() if line and not line.startswith("#")
]


def dockerfile(instruction: str) -> list[str]:
    return [line.removeprefix(instruction).strip() for line in DOCKERFILE if line.startswith(f"{instruction} ")]


JOBS = [name for name, described in SERVICES.items() if "worker.consumer" in described.get("command", [])]


def test_each_queue_has_a_service_that_does_its_jobs_and_one_of_its_own_where_it_must_not_wait() -> None:
    done = {name: [word for word in SERVICES[name]["command"][3:] if word in list(Queue)] for name in JOBS}
    assert sorted(queue for queues in done.values() for queue in queues) == sorted(Queue)
    assert done["forecasts"] == ["forecast"]
    assert not set(done["controls"]) & {"consumption", "aggregation", "clustering", "report"}


def test_each_process_that_up_starts_or_the_architecture_names_is_a_service() -> None:
    ours = {name: described["command"][1:] for name, described in SERVICES.items() if described["image"].startswith("loadstar:")}
    for process in processes(Settings(demo=False)):
        command = [word.removeprefix(f"{PROJECT}/") for word in process.argv[1:] if word != "--alone"]
        assert ours[process.name] == command, process.name
    page = (PROJECT / "docs/architecture.md").read_text()
    named = re.findall(r"^\| [^|]+ \| `python -m ([\w.]+)[^|]* \| [^|]+ \| (.+) \|$", page, re.MULTILINE)
    run = {command[1] for command in ours.values()} - {"cli", "gunicorn"}
    assert {module for module, where in named if where != "none"} == run
    assert len(run) > 3


def test_the_disks_of_both_databases_are_watched_by_all_of_our_own() -> None:
    for name in REPLICATED:
        told, mounts = SERVICES[name]["environment"], SERVICES[name]["volumes"]
        for setting, server in (("LOADSTAR_RECORDS_VOLUME", "postgres"), ("LOADSTAR_QUESTDB_VOLUME", "questdb")):
            volume = SERVICES[server]["volumes"][0].partition(":")[0]
            assert f"{volume}:{told[setting]}:ro,nocopy" in mounts, name


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_is_pinned_and_contained(service: str) -> None:
    described = SERVICES[service]
    assert re.search(r":\d+\.\d+\.\d+|:\d+\.\d+-", described["image"]), "an exact version"
    assert described["user"].split(":")[0] not in ("0", "root")
    assert described["read_only"]
    assert described["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in described["security_opt"]
    assert "healthcheck" in described or service == "migrate"


def test_only_nginx_is_reachable_from_outside() -> None:
    assert [name for name, described in SERVICES.items() if "ports" in described] == ["nginx"]
    assert [name for name, described in SERVICES.items() if "outside" in described["networks"]] == ["nginx"]
    assert [name for name, described in SERVICES.items() if "mail" in described["networks"]] == ["worker"]
    assert [name for name, described in SERVICES.items() if "pulled" in described["networks"]] == ["pulls"]
    assert [name for name, described in SERVICES.items() if "brokers" in described["networks"]] == ["mqtt"]
    assert FILE["networks"]["inside"]["internal"]


REPLICATED = ["devices", "dashboard", "worker", "mqtt", *JOBS]


@pytest.mark.parametrize("service", REPLICATED)
def test_of_each_service_of_our_own_there_may_be_several(service: str) -> None:
    described = SERVICES[service]
    assert not {"container_name", "hostname", "ports"} & set(described), "one of a machine"
    folder = described["environment"]["LOADSTAR_RUN_FOLDER"]
    assert [each for each in described["tmpfs"] if each.startswith(f"{folder}:uid=10001,")], "of the container alone"
    assert not [each for each in described["volumes"] if folder.startswith(each.split(":")[1])]


def test_nginx_asks_again_and_again_which_replicas_there_are() -> None:
    template = (PROJECT / "config/nginx/loadstar.conf.template").read_text()
    assert re.search(r"^resolver \$\{LOADSTAR_NGINX_RESOLVER\} valid=\ds", template, re.MULTILINE)
    for name in ("DASHBOARD", "DEVICES"):
        assert re.search(rf"zone \w+ \d+k;\n    server \$\{{LOADSTAR_NGINX_{name}\}} fail_timeout=\ds;", template)
        assert SERVICES["nginx"]["environment"][f"LOADSTAR_NGINX_{name}"].endswith(" resolve")


def test_both_databases_take_the_connections_of_ten_replicas_of_each_service() -> None:
    processes = 10 * (Settings().dashboard_workers + Settings().device_workers + 2) + 10 * len(JOBS)
    assert int(SERVICES["questdb"]["environment"]["QDB_PG_NET_CONNECTION_LIMIT"]) > processes * connection.POOL_SIZE
    assert int(re.search(r"max_connections=(\d+)", str(SERVICES["postgres"]["command"]))[1]) > processes * 4


def test_no_secret_has_a_default_and_the_example_names_each() -> None:
    text = COMPOSE.read_text()
    variables = set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    assert variables == set(re.findall(r"\$\{(\w+):\?", text)), "each stops the start when it is missing"
    example = (PROJECT / "config/production.env.example").read_text()
    assert set(re.findall(r"^(\w+)=$", example, re.MULTILINE)) == variables
    for name, described in SERVICES.items():
        for variable, value in described.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|AUTH$", variable):
                assert value in SECRETS.values(), f"{name}: {variable}"


def test_the_example_file_is_not_the_one_that_is_kept_in_version_control() -> None:
    ignored = (PROJECT / ".gitignore").read_text().splitlines()
    assert {"production.env", "mail.env", "openid.env", "pulls.env"} <= set(ignored)
    assert "tls/" in ignored


@pytest.mark.parametrize("service", ["migrate", "devices", "dashboard", "worker", "mqtt", *JOBS])
def test_the_settings_of_a_service_are_known_and_possible(service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in SERVICES[service]["environment"].items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LOADSTAR_HOME", str(tmp_path))
    made = configuration.load()
    assert made.behind_proxy
    assert made.questdb_external
    assert not made.demo


def test_the_example_of_the_mail_settings_is_possible_filled_in_or_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOADSTAR_HOME", str(tmp_path))
    for line in (PROJECT / "config/mail.env.example").read_text().splitlines():
        if not line.startswith("#"):
            monkeypatch.setenv(*line.split("=", 1))
    assert not configuration.load().smtp_host
    monkeypatch.setenv("LOADSTAR_SMTP_HOST", "mail.example.org")
    assert configuration.load().smtp_host == "mail.example.org"


def test_the_example_of_what_may_be_pulled_is_possible_and_allows_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert SERVICES["dashboard"]["env_file"] == SERVICES["pulls"]["env_file"] == [{"path": "pulls.env", "required": False}]
    monkeypatch.setenv("LOADSTAR_HOME", str(tmp_path))
    for line in (PROJECT / "config/pulls.env.example").read_text().splitlines():
        if line and not line.startswith("#"):
            monkeypatch.setenv(*line.split("=", 1))
    may = fetch.allowed_by(configuration.load())
    assert (may.origins, may.networks) == (frozenset(), ())


def test_only_with_a_provider_the_dashboard_has_a_way_out_and_its_example_is_possible(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert SERVICES["dashboard"]["networks"] == ["inside"]
    more = yaml.safe_load((PROJECT / "config/openid.yml").read_text())
    assert list(more["services"]) == ["dashboard"]
    assert more["services"]["dashboard"] == {"networks": ["inside", "provider"], "env_file": ["openid.env"]}
    monkeypatch.setenv("LOADSTAR_HOME", str(tmp_path))
    for line in (PROJECT / "config/openid.env.example").read_text().splitlines():
        if not line.startswith("#"):
            monkeypatch.setenv(*line.split("=", 1))
    assert configuration.load().oidc_issuer == "https://accounts.example.org"


def test_questdb_is_of_the_same_version_and_as_closed_as_the_embedded_one() -> None:
    described = SERVICES["questdb"]
    assert described["image"] == f"questdb/questdb:{questdb.VERSION}"
    embedded = questdb.environment(Settings(questdb_password="x", questdb_read_password="y"))
    ours = described["environment"]
    tuned_for_small_machines = {
        name
        for name in embedded
        if name.startswith(("QDB_CAIRO_WRITER", "QDB_CAIRO_O3_COLUMN", "QDB_SHARED", "QDB_WAL_APPLY", "QDB_RAM", "QDB_LOG_W"))
        or name.endswith("_POOL_CAPACITY")
    }
    for_many_replicas = {"QDB_PG_NET_CONNECTION_LIMIT"}
    assert set(embedded) - tuned_for_small_machines == set(ours) - for_many_replicas
    for name in set(ours) - for_many_replicas:
        if not re.search(r"BIND_TO|PASSWORD|COMMIT_MODE", name):
            assert ours[name] == embedded[name], name


def test_the_image_runs_as_a_user_and_installs_only_what_is_locked() -> None:
    assert dockerfile("USER") == ["10001:10001"]
    assert all(re.fullmatch(r"python:\d+\.\d+\.\d+-slim-bookworm( AS build)?", image) for image in dockerfile("FROM"))
    assert any("--no-deps --require-hashes -r /build/requirements-production.lock" in run for run in dockerfile("RUN"))


def test_the_image_and_the_compose_file_run_the_dashboard_as_up_does() -> None:
    command = json.loads(dockerfile("CMD")[0])
    assert command == SERVICES["dashboard"]["command"]
    assert command[1:] == [word.removeprefix(f"{PROJECT}/") for word in dashboard_argv()[1:]]


def test_the_image_holds_every_room_and_nothing_that_is_not_there() -> None:
    copied = [line.split()[0] for line in dockerfile("COPY") if not line.startswith("--from")]
    assert copied == ["requirements-production.lock", "."]
    ignored, *lines = (PROJECT / ".dockerignore").read_text().splitlines()
    assert ignored == "*"
    let_through = [line[1:] for line in lines if line.startswith("!")]
    assert sorted(let_through) == sorted([*workshop.ROOMS, "assets", "requirements-production.lock"])
    assert all((PROJECT / path).exists() for path in let_through)


def locked(lock: str) -> dict[str, str]:
    """What it says of each package: the version, where it is wanted, the hashes."""
    told = [line for line in (PROJECT / lock).read_text().splitlines() if not line.lstrip().startswith("#")]
    return {part.partition("==")[0]: part for part in re.split(r"\n(?=\S)", "\n".join(told))}


def test_all_that_the_image_installs_is_what_is_installed_here() -> None:
    image, here = locked("requirements-production.lock"), locked("requirements-test.lock")
    assert len(image) > 80
    for name, said in image.items():
        assert here[name] == said, "the same files of it"
        wanted = Requirement(said.partition(" \\\n")[0])
        if wanted.marker is None or wanted.marker.evaluate():
            assert wanted.specifier.contains(metadata.version(name)), name


def test_the_commands_that_build_the_image_work(tmp_path: Path) -> None:
    """Each RUN is run, with the image's folders moved into a temporary one and few of the packages to install."""
    moved = {"/opt/loadstar": "opt", "/build": "build", "/var/lib/loadstar": "var"}
    (tmp_path / "build").mkdir()
    lock = "requirements-production.lock"
    (tmp_path / "build" / lock).write_text("\n".join(locked(lock)[name] for name in ("gunicorn", "orjson", "packaging")))
    (tmp_path / "etc").mkdir()
    for name in ("passwd", "group", "shadow"):
        (tmp_path / "etc" / name).touch()
    for command in dockerfile("RUN"):
        for folder, name in moved.items():
            command = command.replace(folder, str(tmp_path / name))
        words = shlex.split(command)
        if words[0] == "python":
            words[0] = sys.executable
        if words[0] == "useradd":
            if os.geteuid() != 0:
                continue  # only root may make users, in whichever folder
            words[1:1] = ["--prefix", str(tmp_path)]
        if words[0] == "install" and os.geteuid() != 0:
            words = ["install", "--directory", "--mode", "0700", words[-1]]
        run = subprocess.run([word for word in words if word != "--no-cache-dir"], capture_output=True, text=True, check=False)
        assert run.returncode == 0, f"{command}\n{run.stdout[-500:]}\n{run.stderr[-2000:]}"
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700
    subprocess.run([tmp_path / "opt/bin/python", "-c", "import gunicorn.app.wsgiapp, orjson"], check=True)


def test_nginx_lets_through_what_the_device_api_takes_and_not_much_more() -> None:
    template = (PROJECT / "config/nginx/loadstar.conf.template").read_text()
    devices = template[template.index("LOADSTAR_NGINX_DEVICE_PORT") :]
    limit = re.search(r"client_max_body_size (\d+)m;", devices)
    assert limit
    assert 2 <= int(limit[1]) * 2**20 / max(Settings().body_limit_bytes, Settings().lines_limit_bytes) <= 8
