"""Group commit, with a store of its own: what is counted as written is written."""

import asyncio

from ingest.committer import Committer
from ingest.rows import Outcome, Rows
from store.series.write import series

POWER = series("mtr_a", "power_kw", 0, "key_a")


class Picky:
    """A store that refuses negative values."""

    def commit(self, posts: list[Rows], now_us: int) -> list[Outcome]:
        outcomes = [Outcome(written=len(post)) for post in posts]
        for outcome, post in zip(outcomes, posts, strict=True):
            for position, (_, _, value) in enumerate(post.rows):
                if value < 0:
                    outcome.refuse(position, "negative")
        return outcomes

    def is_up(self) -> bool:
        return True

    def close(self) -> None:
        pass


def test_rows_that_the_store_refuses_do_not_count_as_written() -> None:
    flushed: list[int] = []

    async def post() -> list[Outcome]:
        committer = Committer(Picky, 1_000, lambda rows, _: flushed.append(rows))
        committer.start()
        posts = [Rows([(POWER, at, value) for at, value in enumerate(values)]) for values in ([1.0, -1.0, 2.0], [-1.0])]
        outcomes = await asyncio.gather(*(committer.commit(rows, "key_a") for rows in posts))
        await committer.close()
        return outcomes

    outcomes = asyncio.run(post())
    assert [sorted(outcome.refused) for outcome in outcomes] == [[1], [0]]
    assert sum(flushed) == 2
