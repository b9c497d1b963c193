"""Programs send files in pieces, have them imported, look at what came of it, take it back; nobody does with another's site."""

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient

from config import settings as configuration
from dashboard.api import openapi, uploads
from dashboard.api.imports import FIELDS
from ingest.files import checking, shelf
from ingest.files.detect import detect
from ingest.files.profile import plain
from store.errors import NotFound, StoreFull
from store.records.access import policy
from store.records.jobs import working
from store.records.jobs.kinds import Queue
from store.records.plant import import_profiles, imports
from store.records.plant.uploads import MOST_EACH
from store.records.signin import tokens
from store.scope import SYSTEM
from tests.dashboard.plant.asking import plant
from tests.dashboard.world import World, csrf

TUS = {"Tus-Resumable": "1.0.0"}
ROWS = "".join(f"Hall meter,2025-01-31T{hour:02}:00:00Z,0.5\n" for hour in range(24))
CONTENT = f"meter,time,kWh\n{ROWS}Hall meter,2025-02-01T00:00:00Z,=1+1\n".encode()
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}
PEOPLE = ("root", "admin", "operator", "chief", "stranger", "resident")
OWN = ("root", "admin", "operator")


def token(world: World, who: str, *, can_write: bool = True) -> dict[str, str]:
    made = tokens.create_token(policy.scope_of(world.people[who]), name="script", can_write=can_write)
    return {"Authorization": f"Bearer {made}"}


@pytest.fixture
def program(world: World) -> FlaskClient:
    return world.server.test_client()


@pytest.fixture
def profile(world: World, tmp_path: Any) -> dict[str, Any]:
    plant(world)
    (tmp_path / "sample.csv").write_bytes(CONTENT)
    made: dict[str, Any] = json.loads(plain(detect(tmp_path / "sample.csv", "UTC").profile))
    return made


def begun(program: FlaskClient, headers: dict[str, str], size: int = len(CONTENT), name: str = "märz.csv") -> str:
    said = {"Upload-Length": str(size), "Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()},kind dGV4dA=="}
    answer = program.post("/api/v1/uploads", headers={**headers, **TUS, **said})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    assert answer.headers["Tus-Resumable"] == "1.0.0" and answer.headers["Upload-Expires"].endswith("GMT")
    return str(answer.headers["Location"])


def test_a_file_comes_in_pieces_and_goes_on_where_a_broken_one_stopped(
    world: World, program: FlaskClient, profile: dict[str, Any]
) -> None:
    own = token(world, "operator")
    where = begun(program, own)
    assert (
        program.patch(where, data=CONTENT[:100], headers={**own, **PIECE, "Upload-Offset": "0"}).headers["Upload-Offset"] == "100"
    )
    state = program.head(where, headers={**own, **TUS})
    assert (state.status_code, state.headers["Upload-Offset"], state.headers["Upload-Length"]) == (200, "100", str(len(CONTENT)))
    assert state.headers["Cache-Control"] == "no-store"
    again = program.patch(where, data=CONTENT[:100], headers={**own, **PIECE, "Upload-Offset": "0"})
    assert (again.status_code, again.headers["Upload-Offset"]) == (409, "100")
    early = program.post("/api/v1/imports", json=asked(world, where, profile), headers=own)
    assert early.status_code == 422 and "send the rest first" in early.get_data(as_text=True)
    rest = program.patch(where, data=CONTENT[100:], headers={**own, **PIECE, "Upload-Offset": "100"})
    assert (rest.status_code, rest.headers["Upload-Offset"]) == (204, str(len(CONTENT)))
    too_much = program.patch(where, data=b"x", headers={**own, **PIECE, "Upload-Offset": str(len(CONTENT))})
    assert too_much.status_code == 422 and "announced" in too_much.get_data(as_text=True)
    made = program.post("/api/v1/imports", json=asked(world, where, profile), headers=own).get_json()
    assert (made["file_name"], made["state"], made["size"]) == ("märz.csv", "waiting", len(CONTENT))
    assert shelf.file_of(configuration.settings(), made["id"]).read_bytes() == CONTENT
    assert program.head(where, headers={**own, **TUS}).status_code == 404  # it has become an import


def test_a_piece_may_be_as_large_as_it_is_said(world: World, program: FlaskClient) -> None:
    own, size = token(world, "operator"), uploads.PIECE_BYTES
    where = begun(program, own, size)
    as_served = {"wsgi.input_terminated": True}  # as gunicorn hands a body over
    headers = {**own, **PIECE, "Upload-Offset": "0"}
    taken = program.patch(where, data=b"x" * size, headers=headers, environ_overrides=as_served)
    assert (taken.status_code, taken.headers.get("Upload-Offset")) == (204, str(size)), taken.get_data(as_text=True)


def asked(world: World, where: str, profile: Any, **more: Any) -> dict[str, Any]:
    return {"site_id": world.site, "upload": where.rpartition("/")[2], "profile": profile, **more}


def test_what_came_before_a_connection_broke_stays(world: World, program: FlaskClient) -> None:
    own, scope, made = token(world, "operator"), policy.scope_of(world.people["operator"]), configuration.settings()
    where = begun(program, own)

    def breaks() -> Iterator[bytes]:
        yield CONTENT[:50]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        shelf.add_piece(scope, made, where.rpartition("/")[2], 0, breaks())
    assert program.head(where, headers={**own, **TUS}).headers["Upload-Offset"] == "50"


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {"Upload-Length": "5"}, 412),
        ("POST", {**TUS}, 400),
        ("POST", {**TUS, "Upload-Length": "-5"}, 400),
        ("POST", {**TUS, "Upload-Length": "1e3"}, 400),
        ("POST", {**TUS, "Upload-Length": "0"}, 422),
        ("POST", {**TUS, "Upload-Length": "99999999999"}, 413),
        ("POST", {**TUS, "Upload-Length": "9" * 40}, 400),
        ("POST", {**TUS, "Upload-Length": "5", "Upload-Metadata": "filename nö"}, 400),
        ("PATCH", {**PIECE}, 400),
        ("PATCH", {**PIECE, "Upload-Offset": "7"}, 409),
        ("PATCH", {**PIECE, "Upload-Offset": "-1"}, 400),
        ("PATCH", {**TUS, "Upload-Offset": "0"}, 415),
        ("PATCH", {"Upload-Offset": "0", "Content-Type": uploads.KIND}, 412),
        ("DELETE", {}, 412),
    ],
)
def test_what_tus_does_not_allow_is_refused_in_words(
    world: World, program: FlaskClient, method: str, headers: dict[str, str], status: int
) -> None:
    own = token(world, "operator")
    where = "/api/v1/uploads" if method == "POST" else begun(program, own)
    answer = program.open(where, method=method, headers={**own, **headers}, data=b"x" if method == "PATCH" else b"")
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.get_json()["message"] and answer.headers["Tus-Resumable"] == "1.0.0"


def test_an_upload_is_its_persons_and_can_be_ended(world: World, program: FlaskClient) -> None:
    own = token(world, "operator")
    where = begun(program, own)
    options = program.options("/api/v1/uploads", headers=own)
    assert (options.headers["Tus-Version"], options.headers["Tus-Extension"]) == ("1.0.0", "creation,termination,expiration")
    assert options.headers["Tus-Max-Size"] == str(2**30)
    assert program.head(where, headers={**token(world, "admin"), **TUS}).status_code == 404
    reads = token(world, "operator", can_write=False)
    assert program.patch(where, data=b"x", headers={**reads, **PIECE, "Upload-Offset": "0"}).status_code == 403
    assert program.delete(where, headers={**own, **TUS}).status_code == 204
    assert program.head(where, headers={**own, **TUS}).status_code == 404
    assert not list((configuration.settings().home / "uploads").iterdir())


def test_a_browser_sends_pieces_too_with_the_token_of_its_page(world: World) -> None:
    browser = world.client("operator")
    browser.get("/account")
    said = {**TUS, "Upload-Length": "3"}
    assert browser.post("/uploads", headers=said).status_code == 400  # as any form without it
    where = browser.post("/uploads", headers={**said, **csrf(browser)}).headers["Location"]
    assert where.startswith("/uploads/")
    piece = {**PIECE, "Upload-Offset": "0", **csrf(browser)}
    assert browser.patch(where, data=b"abc", headers=piece).headers["Upload-Offset"] == "3"
    large = b"x" * (uploads.PIECE_BYTES + 1)
    assert browser.patch(where, data=large, headers=piece).status_code in (409, 413)


def test_a_full_disk_is_said_before_anything_is_taken(
    world: World, program: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        raise StoreFull("no room")

    monkeypatch.setattr(shelf, "require_room", full)
    answer = program.post("/api/v1/uploads", headers={**token(world, "operator"), **TUS, "Upload-Length": "3"})
    assert (answer.status_code, answer.get_json()["error"]) == (507, "store_full")


def test_a_form_with_the_file_is_imported_by_a_saved_profile_looked_at_and_taken_back(
    world: World, program: FlaskClient, profile: dict[str, Any]
) -> None:
    own = token(world, "operator")
    import_profiles.save_profile(SYSTEM, world.site, "campus export", profile)
    tried = form(program, own, world, dry_run="true").get_json()
    assert (tried["readings"], tried["refused"]) == (24, {"not_a_number": 1})
    assert (tried["changed"], tried["unchanged"]) == (None, None), "nobody can say while the store is away"
    assert tried["problems"] == [{"row": 26, "code": "not_a_number", "message": tried["problems"][0]["message"]}]
    assert imports.imports_page(SYSTEM, world.site, imports.Wanted()).total == 0
    made = form(program, own, world).get_json()
    assert (made["state"], made["profile_name"], made["by"]) == ("waiting", "campus export", "Operator")
    assert set(made) == set(openapi.described()["components"]["schemas"]["Import"]["properties"])
    assert form(program, own, world).get_json()["id"] == made["id"]  # the same again is the same
    [listed] = program.get(f"/api/v1/imports?site_id={world.site}", headers=own).get_json()["imports"]
    assert listed == program.get(f"/api/v1/imports/{made['id']}", headers=own).get_json() == made
    shelf.folder(configuration.settings(), made["id"]).joinpath(shelf.REFUSED).write_bytes(
        msgspec.json.encode([26, "not_a_number", "=1+1 is no number"]) + b"\n"
    )
    told = program.get(f"/api/v1/imports/{made['id']}/refused", headers=own)
    assert told.mimetype == "text/csv" and '"26","not_a_number","\'=1+1 is no number"' in told.get_data(as_text=True)
    gone = program.delete(f"/api/v1/imports/{made['id']}", headers=own).get_json()
    assert gone["state"] == "cancelled"
    assert working.claim(SYSTEM, "w", [Queue.FILES], ["file_import"]) is None
    again = program.delete(f"/api/v1/imports/{made['id']}", headers=own)
    assert again.status_code == 422 and "can be undone" in again.get_data(as_text=True)
    assert form(program, own, world).get_json()["state"] == "waiting"  # and can be begun anew


def test_a_large_file_is_tried_by_a_worker(
    world: World, program: FlaskClient, profile: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.api.imports.TRIED_MB", 0)
    own = token(world, "operator")
    where = begun(program, own)
    program.patch(where, data=CONTENT, headers={**own, **PIECE, "Upload-Offset": "0"})
    at = f"/api/v1/imports/checks/{where.rpartition('/')[2]}"
    assert program.get(at, headers=own).status_code == 404
    begins = program.post("/api/v1/imports?dry_run=1", json=asked(world, where, profile), headers=own).get_json()
    assert (begins["state"], begins["found"]) == ("queued", None)
    assert program.get(at, headers=own).get_json() == begins
    assert program.get(at, headers=token(world, "admin")).status_code == 404
    assert program.delete(at, headers=token(world, "operator", can_write=False)).status_code == 403
    assert program.delete(at, headers=own).get_json()["state"] == "cancelled"
    program.post("/api/v1/imports", json=asked(world, where, profile, dry_run=True), headers=own)
    job = working.claim(SYSTEM, "w", [Queue.FILES], ["file_check"])
    assert job is not None and job.claim is not None
    problem = checking.Problem(26, "not_a_number", "'=1+1' is no number")
    found = checking.Checked(job.arguments["as_read"], 24, 1, 20, {"not_a_number": 1}, problems=[problem])
    working.finish(SYSTEM, job.claim, msgspec.to_builtins(found))
    done = program.get(at, headers=own).get_json()
    assert (done["state"], done["progress"], done["found"]["unchanged"]) == ("done", 1.0, 20)
    assert done["found"]["problems"] == [msgspec.to_builtins(problem)]
    assert "row" in program.get(f"{at}/refused", headers=own).get_data(as_text=True)
    assert imports.imports_page(SYSTEM, world.site, imports.Wanted()).total == 0


def form(program: FlaskClient, headers: dict[str, str], world: World, **more: Any) -> Any:
    given = {"site_id": world.site, "profile": "campus export", "file": (io.BytesIO(CONTENT), "export.csv"), **more}
    return program.post("/api/v1/imports", data=given, headers=headers, content_type="multipart/form-data")


def test_a_form_leaves_nothing_behind_but_its_import(world: World, program: FlaskClient, profile: dict[str, Any]) -> None:
    own = token(world, "operator")
    import_profiles.save_profile(SYSTEM, world.site, "campus export", profile)
    import_profiles.save_profile(SYSTEM, world.site, "another kind", profile | {"container": "parquet"})
    for _time in range(MOST_EACH // 2 + 1):
        assert form(program, own, world, dry_run="true").status_code == 200
        assert form(program, own, world, profile="another kind").status_code == 422
    assert form(program, own, world).get_json()["state"] == "waiting"
    assert list((configuration.settings().home / "uploads").iterdir()) == []


def test_the_description_names_every_field_of_an_import_as_the_refusal_does(world: World, program: FlaskClient) -> None:
    described = program.get("/api/v1/openapi.json").get_json()["paths"]["/api/v1/imports"]["post"]["requestBody"]["content"]
    for kind in described.values():
        assert (set(kind["schema"]["properties"]) <= set(FIELDS), kind["schema"]["additionalProperties"]) == (True, False)


def test_a_file_that_is_too_large_for_a_request_is_told_the_way_in_pieces(world: World, program: FlaskClient) -> None:
    form, sent = "multipart/form-data; boundary=x", b"x" * (uploads.PIECE_BYTES + 2**20 + 1)
    answer = program.post("/api/v1/imports", data=sent, content_type=form, headers=token(world, "operator"))
    assert (answer.status_code, answer.get_json()["error"]) == (413, "too_large")
    assert (
        "up to 8 MB goes with the request: send a larger one in pieces first, to /api/v1/uploads" in answer.get_json()["message"]
    )


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [
        ([], 400, "Send a form"),
        ({"profile": "x"}, 400, "site_id"),
        ({"site_id": 7}, 400, "site_id"),
        ({"colour": "red"}, 400, "colour is no field"),
        ({"upload": 7}, 400, "upload is the id"),
        ({"upload": None}, 400, "upload is the id"),
        ({"upload": ""}, 400, "Send the file"),
        ({"upload": "upl_nothing"}, 404, "not_found"),
        ({"profile": 7}, 422, "rofile says how the file is read"),
        ({"profile": ""}, 422, "rofile says how the file is read"),
        ({"profile": "unheard of"}, 422, "no saved profile of the name unheard of"),
        ({"profile": {"container": "stone"}}, 422, "container"),
        ({"profile": {"container": "parquet"}}, 422, "names no column of times"),
        ({"profile": {"container": "parquet", "stamp": {"columns": [0]}}}, 422, "profile is of parquet"),
        ({"profile": "{"}, 422, "rofile"),
        ({"site_id": "sit_unknown"}, 404, "not_found"),
        ({"site_id": "\x00"}, (400, 404), ""),
    ],
)
def test_what_is_no_import_is_refused_in_words(
    world: World, program: FlaskClient, profile: dict[str, Any], given: Any, status: Any, says: str
) -> None:
    own = token(world, "operator")
    where = begun(program, own)
    program.patch(where, data=CONTENT, headers={**own, **PIECE, "Upload-Offset": "0"})
    body = given if isinstance(given, list) or given.get("profile") == "x" else asked(world, where, profile) | given
    answer = program.post("/api/v1/imports", json=body, headers=own)
    assert answer.status_code in (status if isinstance(status, tuple) else (status,)), answer.get_data(as_text=True)
    assert says in answer.get_data(as_text=True)
    assert imports.imports_page(SYSTEM, None, imports.Wanted()).total == 0


@pytest.mark.parametrize("who", PEOPLE)
def test_only_who_operates_a_site_imports_there_and_for_others_there_is_nothing(
    world: World, program: FlaskClient, profile: dict[str, Any], who: str
) -> None:
    import_profiles.save_profile(SYSTEM, world.site, "campus export", profile)
    made = form(program, token(world, "admin"), world).get_json()
    theirs, may = token(world, who), who in OWN
    expected = 200 if may else 404
    paths = (f"/api/v1/imports/{made['id']}", f"/api/v1/imports/{made['id']}/refused", f"/api/v1/imports?site_id={world.site}")
    for path in paths:
        assert program.get(path, headers=theirs).status_code == expected, path
    assert form(program, theirs, world).status_code == expected
    every = program.get("/api/v1/imports", headers=theirs)
    assert every.status_code == (404 if who in ("stranger", "resident") else 200)
    assert [each["id"] for each in (every.get_json().get("imports") or [])] == ([made["id"]] if may else [])
    reads = token(world, who, can_write=False)
    assert program.delete(f"/api/v1/imports/{made['id']}", headers=reads).status_code == (403 if who in (*OWN, "chief") else 404)
    assert form(program, reads, world).status_code == (403 if who in (*OWN, "chief") else 404)
    assert program.delete(f"/api/v1/imports/{made['id']}", headers=theirs).status_code == expected
    scope = policy.scope_of(world.people[who])
    if not may:
        for act in (imports.cancel, imports.undo, imports.restart, imports.seen):
            with pytest.raises(NotFound):
                act(scope, made["id"])


def test_the_check_of_forms_is_of_the_address_not_of_the_view(world: World) -> None:
    """Both addresses have the same views: what programs need no page's token for, browsers do."""
    views = world.server.view_functions
    assert views["uploads.piece"] is views["api_uploads.piece"]
    browser = world.client("operator")
    headers = {**TUS, "Upload-Length": "3", "Accept": "application/json"}
    for method, path in (("PATCH", "/uploads/upl_x"), ("DELETE", "/uploads/upl_x"), ("POST", "/uploads")):
        assert browser.open(path, method=method, headers=headers).get_json()["error"] == "form_expired"
