"""What somebody has decided is on the page that is drawn anew: QuestDB shows a row a moment after it has taken it."""

from collections.abc import Callable
from typing import ParamSpec

from dashboard.parts.notices import Words
from store.records.plant import sites
from store.scope import SYSTEM
from store.series import rollup

SHOWN_S = 5.0
P = ParamSpec("P")


def then_shown(do: Callable[P, Words]) -> Callable[P, Words]:
    """Do it, wait until it can be read (not for ever, for it is done already), and have it in every page's numbers."""

    def done(*args: P.args, **kwargs: P.kwargs) -> Words:
        said = do(*args, **kwargs)
        rollup.await_applied(["amendments"], SHOWN_S)
        sites.restated(SYSTEM)
        return said

    return done
