"""What a device's integrator is told is in a language that their request names; codes, fields and values are the same in each."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from config import language
from ingest import bodies, judge, times, units
from ingest.problem import Problem, Refusal, Unreal
from ingest.request import Body, Request
from ingest.roads import readings
from ingest.server import Application
from tests.dashboard import pseudo

NOW_US = 1_780_000_000_000_000


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("translations")
    pseudo.write(folder)
    return folder


@pytest.fixture(autouse=True)
def second_language(texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "FOLDER", texts)


def _asked(path: str, **headers: str) -> SimpleNamespace:
    application = Application()
    application._door = SimpleNamespace(
        metrics=SimpleNamespace(answered=lambda *_: None, refused_key=lambda _: None)
    )  # all that a refusal needs of it
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = asyncio.run(application.respond(Request("POST", path, "", sent, Body(lambda _more: None))))
    return SimpleNamespace(status=answer.status, answer=json.loads(answer.body))


@pytest.mark.parametrize(
    ("path", "code"), [("/api/hardware/data", "no_key"), ("/api/v1/readings", "no_key"), ("/no", "not_found")]
)
def test_a_refusal_is_in_the_language_that_is_asked_for(path: str, code: str) -> None:
    plain, worded = _asked(path), _asked(path, accept_language="xx, eo;q=0.8, en;q=0.5")
    assert plain.status == worded.status
    assert plain.answer["code"] == worded.answer["code"] == code
    assert pseudo.words(plain.answer["message"], set())
    assert pseudo.words(worded.answer["message"], set()) == set()


@pytest.mark.parametrize("named", ["xx", "en, eo;q=0.9", "eo;q=0", "eo;q=much", ";;;,,q=", "*", "e" * 9000, "../../etc"])
def test_who_names_none_that_there_are_texts_in_is_told_in_english(named: str) -> None:
    assert _asked("/api/hardware/data", accept_language=named).answer["message"] == (
        "send the device's key in the header X-API-Key"
    )


def _window(ts: object, precision: str | None = None) -> Callable[[], object]:
    return lambda: times.Window(30, 60).moment(ts, precision, NOW_US)


WRONG: tuple[Callable[[], object], ...] = (
    *(
        _window(ts)
        for ts in ("", "2026-05-28", "2026-05-28T24:00:00Z", "2026-05-28T12:00Z", "2026-02-30T12:00:00Z", "soon", 5, None)
    ),
    *(
        _window(ts)
        for ts in ("2001-05-28T12:00:00Z", "2999-05-28T12:00:00Z", "2026-05-28T12:00:00+0200", "2026-05-28T12:00:00+02")
    ),
    *(_window(ts, "s") for ts in (1_780_000_000_000, 10**18, 1)),
    *((lambda value=value: judge.number(value, "v")) for value in ("1", None, True, [], {}, Unreal("NaN"), Unreal(""), 10**400)),
    *((lambda unit=unit: units.convert(1.0, unit, "energy_kwh")) for unit in ("volts", "m")),
    *((lambda body=body: bodies.parse(body)) for body in (b"{", b"\xff", b"[" * 100_000)),
    *((lambda body=body: bodies.inflate(body, 99)) for body in (b"no gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\3K")),
    *(
        (lambda given=given: readings.as_reading(given))
        for given in (1, {}, {"x": 1}, {"meter": 1, "quantity": "", "ts": 1, "value": 1})
    ),
)


def _told(wrong: Callable[[], object]) -> str:
    try:
        problem = wrong()
    except Refusal as refusal:
        problem = refusal.problem
    assert isinstance(problem, Problem)
    return problem.message


@pytest.mark.parametrize("wrong", WRONG)
def test_no_english_is_left_in_what_is_wrong_with_a_post(wrong: Callable[[], object]) -> None:
    with language.speaking(pseudo.LANGUAGE):
        assert pseudo.words(_told(wrong), set()) == set()
