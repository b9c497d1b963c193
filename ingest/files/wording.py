"""What is wrong with cells of files, in words for whoever has the file before them: what it says, and what to do."""

from config.language import _

ECHO = 60  # characters of a cell that are shown


def told(cell: object) -> str:
    """A cell as it is shown."""
    return repr("" if cell is None else str(cell)[:ECHO])


def no_number(cell: object) -> str:
    """A value that is none."""
    return _("%(cell)s is no number: correct it, or leave the cell empty where nothing was measured", cell=told(cell))


def no_number_of(cell: object, time: str) -> str:
    """The same in a table with a column a time."""
    return _(
        "%(cell)s, of %(time)s, is no number: correct it, or leave the cell empty where nothing was measured",
        cell=told(cell),
        time=time[:ECHO],
    )


def no_time(cell: object, form: str) -> str:
    """A time that is not written as the others."""
    return _(
        "%(time)s is not written as %(form)s says: correct it, or choose how this file writes times", time=told(cell), form=form
    )


def no_date(cell: object, form: str) -> str:
    """The same of a day."""
    return _(
        "%(time)s is no date written as %(form)s says: correct it, or choose how this file writes dates",
        time=told(cell),
        form=form,
    )


def left_out(time: object) -> str:
    """A time that no clock of the zone ever showed."""
    return _(
        "%(time)s never was: the clocks were put forward over it. Correct the time, or choose the time zone of the file",
        time=told(time),
    )


def no_meter(cells: str) -> str:
    """A row whose meter cannot be told."""
    return _(
        "%(cells)s names no meter by the pattern that was set: correct the row, or the pattern, if it is one", cells=told(cells)
    )
