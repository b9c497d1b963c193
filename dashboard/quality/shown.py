"""What somebody has decided is on the page that is drawn anew: QuestDB shows a row a moment after it has taken it."""

from collections.abc import Callable

from dashboard.parts.notices import Words
from dashboard.parts.rows import Asked
from store.scope import Scope
from store.series import rollup

SHOWN_S = 5.0


def then_shown(do: Callable[[Scope, Asked], Words]) -> Callable[[Scope, Asked], Words]:
    """Do it, and wait until it can be read; not for ever, for it is done already."""

    def done(scope: Scope, asked: Asked) -> Words:
        said = do(scope, asked)
        rollup.await_applied(["amendments"], SHOWN_S)
        return said

    return done
