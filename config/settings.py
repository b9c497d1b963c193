"""Every setting of Loadstar, typed, in one place.

A setting is looked up in this order: the environment (`LOADSTAR_<NAME>`), the file `loadstar.toml` in the state
folder (or the file that `LOADSTAR_SETTINGS_FILE` names), what the first start generated (`generated.toml` in the
state folder: passwords, ports, the secret key), and the default below.
"""

import os
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from config import allowed

PREFIX = "LOADSTAR_"
PRIVATE = 0o077  # the umask of all that writes below the state folder
PROJECT = Path(__file__).resolve().parent.parent

Port = Annotated[int, Field(ge=1, le=65535)]

DEMO_TELEMETRY_DAYS = 7
TELEMETRY_DAYS = 90
ACCEPT_BACK_DAYS = 30


class SettingsError(Exception):
    """A setting that is unknown or impossible; the message names it and says what is allowed."""


def is_private(url: str) -> bool:
    """Whether nobody reads along or answers in its place: by TLS, or on this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1"))
    )


def reachable(host: str) -> str:
    """An address that reaches a server which listens on `host`, from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, never bound


def address(host: str, port: int) -> str:
    """What to type into a browser on this machine."""
    name = reachable(host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


class Settings(BaseSettings):
    """The settings of one Loadstar. Build it with `load()`; tests pass what they need by keyword."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, validate_default=True)

    home: Path = Field(PROJECT / ".loadstar", description="state folder: databases, caches, logs; kept at mode 0700")
    settings_file: Path | None = Field(None, description="settings file; `loadstar.toml` in the state folder by default")
    run_folder: Path | None = Field(
        None, description="folder of what is named by process ids, each replica's own; `run` in the state folder by default"
    )
    demo: bool = Field(True, description="load and replay the demo sites")
    demo_days: int = Field(365, ge=1, le=3650, description="days of history that the demo sites have at their first start")
    development: bool = Field(False, description="answer `/api/debug/…` and show the page of voltage conditions")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="least severe line that is logged")

    dashboard_host: str = Field("127.0.0.1", description="address the dashboard listens on")
    dashboard_port: Port = Field(8050, description="port of the dashboard")
    dashboard_workers: int = Field(2, ge=1, le=16, description="processes of the dashboard")
    dashboard_threads: int = Field(8, ge=1, le=64, description="threads of each dashboard process")
    public_url: str | None = Field(
        None, description="address people type: links in mails lead there; by default where the dashboard listens"
    )
    behind_proxy: bool = Field(False, description="trust one proxy's X-Forwarded-* headers and send cookies over TLS only")
    secret_key: SecretStr | None = Field(None, description="signs cookies; generated at first start")
    session_idle_minutes: int = Field(12 * 60, ge=1, description="a session ends after this long without a request")
    session_days: int = Field(30, ge=1, description="a session ends after this long, however busy")
    second_factor_for: Literal["nobody", "administrators", "everyone"] = Field(
        "nobody", description="who has to set up two-factor sign-in: `nobody`, `administrators` or `everyone`"
    )
    oidc_issuer: str | None = Field(None, description="OpenID Connect provider that people may sign in by; none by default")
    oidc_client_id: str | None = Field(None, description="what Loadstar is called there")
    oidc_client_secret: SecretStr | None = Field(None, description="its secret there, unless it is a public client")
    oidc_scopes: str = Field("openid email profile", description="what the provider is asked for")
    oidc_name: str = Field("single sign-on", min_length=1, max_length=40, description="what the button calls the provider")
    oidc_register: bool = Field(
        False, description="let in, as residents, people whom nobody here knows, when the provider confirms their address"
    )

    tick_s: int = Field(5, ge=1, le=300, description="seconds between updates of a live page")
    closed_cache_minutes: int = Field(3000, ge=1, description="how long powers of the past are kept ready; live ones never are")
    forecast_budget_s: float = Field(20, gt=0, description="time a forecast may take before the stated fallback is used")
    forecast_at_once: int = Field(2, ge=1, le=16, description="forecasts that a worker computes at the same time")

    device_host: str = Field("127.0.0.1", description="address the device API listens on")
    device_port: Port = Field(8086, description="port of the device API")
    device_workers: int = Field(2, ge=1, le=32, description="processes of the device API")
    device_replicas: str | None = Field(
        None,
        pattern=r"^[\w.-]+:\d+(,[\w.-]+:\d+)*$",
        description="where the replicas of the device API are asked for figures, `HOST:PORT,…`; here by default",
    )
    listener_port: Port | None = Field(
        None, description="port on which the process that listens to brokers answers /healthz and /metrics; none by default"
    )
    accept_back_days: int | None = Field(
        None, ge=1, description="how old a device's reading may be; 30 by default, always within telemetry_days"
    )
    accept_ahead_s: int = Field(300, ge=0, le=3600, description="how far ahead of the server's clock a reading may be")
    device_queue: int = Field(200_000, ge=1_000, description="readings that may wait for the store, each process")
    lines_limit_bytes: int = Field(8 * 2**20, ge=1024, description="largest body of line protocol after decompression")
    waiting_values: int = Field(1_000_000, ge=0, description="values of a source that may wait for a mapping")
    body_limit_bytes: int = Field(2**20, ge=1024, description="largest body after decompression")

    import_limit_mb: int = Field(1024, ge=1, le=16_384, description="largest file that is imported")
    import_file_days: int = Field(30, ge=1, description="days that the file of an import is kept after it ended")
    pull_addresses: str | None = Field(
        None, description="addresses that sources of one's own may be pulled from, `https://HOST[:PORT],…`; none by default"
    )
    pull_networks: str | None = Field(
        None, description="networks of one's own that these may lie in, `192.168.1.0/24,…`; public ones alone by default"
    )

    database_url: str | None = Field(None, description="SQLAlchemy address of the records; SQLite in the state folder by default")
    redis_url: str | None = Field(
        None, description="Redis that tells workers of jobs; without one `python -m worker` does them itself"
    )

    smtp_host: str | None = Field(None, description="mail server; without one administrators read mails in the outbox")
    smtp_port: Port = Field(587, description="its port")
    smtp_tls: Literal["starttls", "tls", "none"] = Field("starttls", description="how to encrypt: `starttls`, `tls` or `none`")
    smtp_user: str | None = Field(None, description="account at the mail server, if it asks for one")
    smtp_password: SecretStr | None = Field(None, description="its password")
    smtp_from: str = Field("Loadstar <loadstar@localhost>", description="sender of the mails")
    mail_days: int = Field(30, ge=1, description="days that mails are kept in the outbox")

    questdb_host: str = Field("127.0.0.1", description="host of QuestDB; another host means an external server")
    questdb_external: bool = Field(False, description="do not start the embedded QuestDB; use the server that is named")
    questdb_http_port: Port = Field(9000, description="QuestDB's line-protocol port; generated when embedded")
    questdb_pg_port: Port = Field(8812, description="QuestDB's PostgreSQL-wire port; generated when embedded")
    questdb_health_port: Port = Field(9003, description="QuestDB's health port; generated when embedded")
    questdb_user: str = Field("loadstar", description="QuestDB user that writes")
    questdb_password: SecretStr | None = Field(None, description="its password; generated when embedded")
    questdb_read_user: str = Field("loadstar_read", description="QuestDB user that only reads")
    questdb_read_password: SecretStr | None = Field(None, description="its password; generated when embedded")
    questdb_memory_mb: int = Field(512, ge=256, description="memory the embedded QuestDB may use")
    questdb_mirror: str | None = Field(None, description="Maven repository to fetch the QuestDB jar from")
    questdb_jar: Path | None = Field(None, description="a QuestDB jar that is already here; it must match the pinned SHA-256")
    questdb_sync: bool = Field(False, description="commits survive a power cut, at about 9 ms each")
    least_free_mb: int = Field(1024, ge=16, description="free disk below which devices are told to wait (507); 2 % at least")
    questdb_volume: Path | None = Field(
        None, description="where the disk of an external QuestDB is mounted here too, to be watched"
    )
    records_volume: Path | None = Field(None, description="where the disk of PostgreSQL is mounted here too, to be watched")
    telemetry_days: int | None = Field(None, ge=2, description="days that samples are kept; 90 by default, 7 with the demo")

    @model_validator(mode="after")
    def _accepted_readings_are_kept(self) -> Self:
        if self.accept_back_days is not None and self.accept_back_days >= self.kept_telemetry_days:
            raise ValueError(
                f"accept_back_days ({self.accept_back_days}) must be less than telemetry_days "
                f"({self.kept_telemetry_days}): older samples would be acknowledged and then dropped"
            )
        return self

    @model_validator(mode="after")
    def _provider_is_whole(self) -> Self:
        if self.oidc_issuer is None:
            return self
        if not is_private(self.oidc_issuer):
            raise ValueError(f"oidc_issuer ({self.oidc_issuer}) must begin with https://: what it says lets people in")
        if not self.oidc_client_id:
            raise ValueError("oidc_client_id is missing: the provider gave it when Loadstar was registered there")
        if "openid" not in self.oidc_scopes.split():
            raise ValueError("oidc_scopes must hold openid")
        return self

    @model_validator(mode="after")
    def _lists_can_be_read(self) -> Self:
        allowed.origins(self.pull_addresses)
        allowed.networks(self.pull_networks)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources in their order; the state folder that the first two name decides which files are read."""
        told = env_settings() if any(name.upper().startswith(PREFIX) for name in os.environ) else {}  # it takes its time
        named = {**told, **init_settings()}
        home = Path(named.get("home", cls.model_fields["home"].default))
        file = Path(named.get("settings_file", home / "loadstar.toml"))
        return (
            init_settings,
            InitSettingsSource(settings_cls, told),
            _file(settings_cls, file),
            _file(settings_cls, home / "generated.toml"),
        )

    @property
    def run(self) -> Path:
        """Where the signs of life of this replica's processes are."""
        return self.run_folder or self.home / "run"

    @property
    def kept_telemetry_days(self) -> int:
        """Days that samples stay in `telemetry` before only their intervals are left."""
        return self.telemetry_days or (DEMO_TELEMETRY_DAYS if self.demo else TELEMETRY_DAYS)

    @property
    def accepted_back_days(self) -> int:
        """Days a device's reading may lie in the past; never more than is kept."""
        return self.accept_back_days or min(ACCEPT_BACK_DAYS, self.kept_telemetry_days - 1)

    @property
    def dashboard_url(self) -> str:
        """Where people reach the dashboard: `public_url`, else where it listens, as seen from this machine."""
        return (self.public_url or address(self.dashboard_host, self.dashboard_port)).rstrip("/")

    @property
    def device_url(self) -> str:
        """Where the device API listens, as seen from this machine."""
        return address(self.device_host, self.device_port)

    @property
    def public_device_url(self) -> str:
        """Where devices reach their API: the host that people type, at its port."""
        here = urlsplit(self.dashboard_url)
        host = here.hostname or ""
        return f"{here.scheme}://{f'[{host}]' if ':' in host else host}:{self.device_port}"

    @cached_property
    def records_url(self) -> str:
        """SQLAlchemy address of the records."""
        if self.database_url:
            return self.database_url
        from sqlalchemy import URL  # only here: what needs no database starts without it

        return URL.create("sqlite", database=str(self.home / "records.sqlite3")).render_as_string(hide_password=False)


def _file(settings_cls: type[BaseSettings], path: Path) -> TomlConfigSettingsSource:
    try:
        return TomlConfigSettingsSource(settings_cls, path)
    except (OSError, ValueError) as error:  # not readable, not UTF-8, not TOML
        raise SettingsError(f"{path} cannot be read: {error}") from error


def load(**named: Any) -> Settings:
    """Read the settings; `named` ones win over every source.

    Raises:
        SettingsError: a setting is unknown or impossible; the message names each.
    """
    unknown = sorted(
        name for name in os.environ if name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() not in Settings.model_fields
    )
    if unknown:
        raise SettingsError(f"unknown setting {', '.join(unknown)}; `./loadstar doctor --settings` lists the known ones")
    try:
        return Settings(**named)
    except ValidationError as error:
        lines = [
            f"{PREFIX}{'_'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}".replace(f"{PREFIX}: ", "")
            for problem in error.errors()
        ]
        raise SettingsError("; ".join(lines)) from error


def plain(made: Settings) -> dict[str, Any]:
    """The settings as JSON that `load` takes, for the standard input of a process: secrets are in no command line."""
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else _text_or_number(value)
        for name, value in made.model_dump(exclude_none=True).items()
    }


def _text_or_number(value: object) -> object:
    return value if isinstance(value, bool | int | float | str) else str(value)


_in_force: list[Settings] = []


def settings() -> Settings:
    """The settings of this process, read once."""
    if not _in_force:
        _in_force.append(load())
    return _in_force[-1]


def use(made: Settings) -> None:
    """Make these the settings of this process, for whoever has built them otherwise: a command's options, a test."""
    _in_force[:] = [made]
