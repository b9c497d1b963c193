"""Names in the order that people expect, told to the database: Home 2 before Home 10."""

from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from models.natural_order import LONGEST


class Natural(FunctionElement[str]):
    """A text that sorts as `models.natural_order` has it; on SQLite by that function itself, which every connection knows."""

    type = String()
    inherit_cache = True


@compiles(Natural, "sqlite")
def _on_sqlite(element: Natural, compiler: Any, **more: Any) -> str:
    return f"natural_order({compiler.process(element.clauses, **more)})"


@compiles(Natural, "postgresql")
def _on_postgresql(element: Natural, compiler: Any, **more: Any) -> str:
    text = f"lower({compiler.process(element.clauses, **more)})"
    padded = f"regexp_replace({text}, '([0-9]+)', '{'0' * LONGEST}\\1', 'g')"
    return f"regexp_replace({padded}, '[0-9]*([0-9]{{{LONGEST}}})', '\\1', 'g') COLLATE \"C\""
