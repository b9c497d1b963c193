"""What agents of InfluxDB are answered: in its words and statuses, since what they do next follows from those.

To `/write` nothing is said but 204, 400, 401, 413 and 503: Telegraf's first interface drops a batch for any other 4xx, and sends
one for ever that was answered with another 2xx. The second interface also knows 403, 422 and 429, and reads Retry-After.
"""

from collections.abc import Callable, Sequence

from config.language import ngettext
from ingest.answers import Answer, answer
from ingest.problem import Problem, Refusal

TOLD = 20  # lines that are named in one answer
VERSION = ("x-influxdb-version", "1.8.10")
DONE = Answer(204, b"", (VERSION,))
FIRST = {403: 401, 415: 400, 422: 400, 429: 503, 507: 503}
SECOND = {415: 400, 507: 503}
CODES = {
    400: "invalid",
    401: "unauthorized",
    403: "forbidden",
    413: "request too large",
    422: "unprocessable entity",
    429: "too many requests",
    503: "unavailable",
}

Tell = Callable[[int, str], Answer]  # a status, and the words


def first(status: int, words: str) -> Answer:
    """An error of the first interface."""
    status = FIRST.get(status, status)
    return answer(status, {"error": words}, (VERSION, ("x-influxdb-error", words.encode("ascii", "replace").decode()[:300])))


def second(status: int, words: str) -> Answer:
    """An error of the second interface."""
    status = SECOND.get(status, status)
    return answer(status, {"code": CODES[status], "message": words}, (VERSION,))


def refused(refusal: Refusal, tell: Tell) -> Answer:
    """A request that is refused as a whole."""
    said = tell(refusal.status, f"{refusal.problem.words()} [{refusal.problem.code}]")
    retry = (("retry-after", str(refusal.retry_after_s)),) if refusal.retry_after_s is not None else ()
    return Answer(said.status, said.body, (*said.headers, *refusal.headers, *retry))


def partial(wrong: Sequence[tuple[str, Problem]], tell: Tell) -> Answer:
    """Some lines, each with what is wrong with it, are refused; all others are stored."""
    said = [f"unable to parse '{line}': {problem.words()}" for line, problem in wrong[:TOLD]]
    if (more := len(wrong) - TOLD) > 0:
        said.append(ngettext("and %(more)s more", "and %(more)s more", more, more=more))
    words = "\n".join(said)
    return tell(422, f"partial write: {words} dropped={len(wrong)} [{wrong[0][1].code}]")
