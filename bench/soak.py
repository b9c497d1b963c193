"""`loadstar soak`: an hour at half of what the device API can take, and what becomes of the memory of each process.

The highest rate of single posts is measured first; then posts come evenly at half of it, and somebody looks at pages. Once a
minute the anonymous memory of each process and all that it has started is noted: what the system cannot take back, without
the files that QuestDB maps. A process grows by the median of the last quarter over that of the second: caches are full by then.
"""

import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click

from bench.figures import Figure, percentile, table
from bench.load import Request, Unanswered, drive
from bench.posts import HOST, SINGLE_CONNECTIONS, Hardware, await_known, single_posts
from bench.product import Browser, NotUp, Product
from bench.run import FULL, Run

WARM_S, MAXIMUM_S, A_MINUTE_S = 5.0, 20.0, 60.0
SHARE = 0.5
MOST_GROWTH = 5.0  # per cent
SMALL_MB = 40.0  # a process below it may grow by 5 % of that
PAGES = ("/admin/users", "/admin/meters", "/admin/system")
LOOKS = 10  # at each page, a minute
EMAIL = "root@example.org"


class Sample(NamedTuple):
    """A process at a moment: MB of anonymous memory, its share where it is shared, and open files; all that it started too."""

    memory_mb: float
    files: int


def sampled(product: Product) -> dict[str, Sample]:
    """Each process that runs."""
    from cli import leash
    from cli.home import run_folder
    from cli.processes import watched

    settings = product.settings()
    found = {name: leash.family(run_folder(settings), name) for name in watched(settings)}
    return {name: Sample(sum(map(_anonymous_mb, pids)), sum(map(_files, pids))) for name, pids in found.items() if pids}


def _anonymous_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss_Anon:")), 0.0)


def _files(pid: int) -> int:
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return 0


def growth(samples: list[float]) -> float:
    """By how many per cent the last quarter's median is above the second quarter's; of at least eight samples."""
    quarter = len(samples) // 4
    before, after = statistics.median(samples[quarter : 2 * quarter]), statistics.median(samples[-quarter:])
    return 100 * (after - before) / max(before, SMALL_MB)


def evenly(request: Request, a_second: float) -> Request:
    """The same requests, no more of them a second than that."""
    began, sent = time.perf_counter(), 0

    def paced(number: int) -> bytes:
        nonlocal sent
        sent += 1
        time.sleep(max(0.0, began + sent / a_second - time.perf_counter()))
        return request(number)

    return paced


def figures(samples: list[dict[str, Sample]]) -> list[Figure]:
    """What became of each process, and of all together."""
    found = []
    for name in samples[-1]:
        memory = [each[name].memory_mb for each in samples if name in each]
        found += [
            Figure(f"{name}: memory at the end", memory[-1], "MB"),
            Figure(f"{name}: growth of memory", growth(memory), "%", at_most=MOST_GROWTH),
            Figure(
                f"{name}: open files at the end, of those in the second quarter", _files_grown(samples, name), "×", at_most=1.2
            ),
        ]
    whole = [sum(each.memory_mb for each in sample.values()) for sample in samples]
    return [*found, Figure("growth of memory of everything", growth(whole), "%", at_most=MOST_GROWTH)]


def _files_grown(samples: list[dict[str, Sample]], name: str) -> float:
    files = [each[name].files for each in samples if name in each]
    quarter = len(files) // 4
    return statistics.median(files[-quarter:]) / max(1.0, statistics.median(files[quarter : 2 * quarter]))


@click.command()
@click.option("--minutes", default=60.0, show_default=True, type=click.FloatRange(0.1), help="How long it lasts.")
@click.option("--posts", "a_second", type=click.FloatRange(1), help="Posts a second; half of the highest rate by default.")
def soak(minutes: float, a_second: float | None) -> None:
    """Post evenly at half of the highest rate for an hour, and say how the memory of each process has grown.

    Starts a Loadstar of its own, on free ports and with an empty state folder, and removes it afterwards. Ends with 1 when a
    process has grown by more than 5 %, or a post was refused. Run it on a machine that nobody else uses.
    """
    from cli.questdb import QuestDBUnavailable
    from cli.watch import Ended, on_signals

    began = time.monotonic()

    def say(words: str) -> None:
        click.echo(f"{time.monotonic() - began:6.0f} s  {words}", err=True)

    on_signals()
    try:
        product = Product(None, demo=False)
    except QuestDBUnavailable as error:
        raise click.ClickException(str(error)) from None
    try:
        found = _soak(Run(product, FULL, say), minutes, a_second)
    except Ended:
        raise click.ClickException("stopped before the end") from None
    except NotUp as error:
        raise click.ClickException(str(error)) from None
    finally:
        product.remove()
    click.echo(table(found))
    if not all(each.ok for each in found):
        raise click.ClickException("something did not stay as it was")


def _soak(run: Run, minutes: float, a_second: float | None) -> list[Figure]:
    product = run.started()
    request, look = single_posts(Hardware(run)), _viewer(product)
    await_known(product.device_port, request(0), run)
    highest = drive(HOST, product.device_port, SINGLE_CONNECTIONS, request, MAXIMUM_S, WARM_S).rate
    a_second = a_second or SHARE * highest
    run.say(f"{highest:.0f} posts a second at the most; {a_second:.0f} from now on")
    samples, answers, slow = [sampled(product)], Counter[int](), list[float]()
    end, a_part_s = time.monotonic() + minutes * 60, min(A_MINUTE_S, minutes * 60 / 12)
    pages, unanswered = Counter[int](), 0
    while time.monotonic() < end:
        paced = evenly(request, a_second)
        minute_s = time.monotonic() + a_part_s
        try:
            load = drive(HOST, product.device_port, SINGLE_CONNECTIONS, paced, a_part_s, warm_s=0)
        except (Unanswered, OSError) as why:
            run.say(str(why))
            unanswered += 1
            time.sleep(max(0.0, minute_s - time.monotonic()))
        else:
            answers += load.statuses
            slow.append(1000 * percentile(load.latencies, 0.99))
        pages += look()
        samples.append(sampled(product))
        run.say(
            f"{answers.total():,} posts; " + ", ".join(f"{name} {each.memory_mb:.0f} MB" for name, each in samples[-1].items())
        )
    refused = sum(count for status, count in answers.items() if status != 200)
    return [
        Figure("posts a second at the most", highest, "/s"),
        Figure("posts a second", a_second, "/s"),
        Figure("posts", float(answers[200]), ""),
        Figure("posts that were refused", float(refused), "", at_most=0),
        Figure("minutes in which posts got no answer", float(unanswered), "", at_most=0),
        Figure("posts: p99, the median of all minutes", statistics.median(slow), "ms"),
        Figure("pages that were not shown", float(pages.total() - pages[200]), "", at_most=0),
        *figures(samples),
    ]


def _viewer(product: Product) -> Callable[[], Counter[int]]:
    """Somebody who looks at pages when called; what they were answered."""
    import secrets

    from store.records.people import users
    from store.scope import SYSTEM

    password = secrets.token_urlsafe(16)
    users.create_user(SYSTEM, email=EMAIL, name="Root", password=password, platform_admin=True)
    browser = Browser(product.dashboard_port)
    browser.sign_in(EMAIL, password)

    def look() -> Counter[int]:
        browser.close()  # nobody keeps a connection open on which nothing was asked for a minute
        return Counter(browser.ask("GET", page)[0] for _ in range(LOOKS) for page in PAGES)

    return look
