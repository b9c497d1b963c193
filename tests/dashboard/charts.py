"""What a chart over time says in a browser: its ticks, the pointer's words, its table."""

from datetime import UTC, datetime

from playwright.sync_api import Page, expect

CHART = "overview-chart"


def ticks(page: Page, chart: str = CHART) -> list[tuple[datetime, str, list[str]]]:
    """The ticks as they are drawn: where each stands on the axis, its first line and the others."""
    found = page.evaluate(
        """(chart) => {
            const plot = document.querySelector(`#${chart} .plot`);
            const plane = plot.querySelector('.nsewdrag').getBoundingClientRect();
            const [start, end] = plot.layout.xaxis.range.map(window.loadstar.moment);
            const shown = [...plot.querySelectorAll('.xtick text')].filter((text) => text.getBoundingClientRect().width);
            return shown.map((text) => {
                const box = text.getBoundingClientRect();
                const share = (box.left + box.width / 2 - plane.left) / plane.width;
                const lines = [...text.querySelectorAll('tspan.line')].map((line) => line.textContent);
                return [start + share * (end - start), lines.length ? lines : [text.textContent]];
            });
        }""",
        chart,
    )
    return [(datetime.fromtimestamp(ms / 1000, UTC), lines[0], lines[1:]) for ms, lines in found]


def is_drawn(page: Page, chart: str = CHART) -> bool:
    """Whether the picture has come to where the figure is, which the table is read from."""
    return bool(
        page.evaluate(
            """(chart) => String(document.querySelector(`#${chart} .plot`).layout.xaxis.range)
                === String(window.loadstar.drawnFigure(chart).layout.xaxis.range)""",
            chart,
        )
    )


def hover(page: Page, *moments: datetime, chart: str = CHART) -> list[tuple[str, dict[str, str]]]:
    """What the chart says with the pointer on each moment: when, and each line's value."""
    found = page.evaluate(
        """([chart, moments]) => {
            const plot = document.querySelector(`#${chart} .plot`);
            const plane = plot.querySelector('.nsewdrag');
            const { left, top, width, height } = plane.getBoundingClientRect();
            const [start, end] = plot.layout.xaxis.range.map(window.loadstar.moment);
            return moments.map((ms) => {
                const at = { clientX: left + ((ms - start) / (end - start)) * width, clientY: top + height / 2 };
                plane.dispatchEvent(new PointerEvent('pointermove', { ...at, bubbles: true, pointerType: 'mouse' }));
                const says = document.querySelector(`#${chart} .readout .says`);
                const rows = [...says.querySelectorAll('tr')].map((row) => [...row.cells].map((cell) => cell.textContent));
                return [says.querySelector('.when').textContent, rows];
            });
        }""",
        [chart, [moment.timestamp() * 1000 for moment in moments]],
    )
    return [(when, dict(rows)) for when, rows in found]


def table(page: Page, chart: str = CHART) -> tuple[list[str], list[list[str]]]:
    """The chart's table: its headings and its rows, the oldest first."""
    press = "(chart) => document.querySelector(`[data-table-of=${chart}]`).click()"
    page.evaluate(press, chart)
    shown = page.locator(f"#{chart}-table")
    expect(shown).to_be_visible()
    heads = shown.locator("thead th").all_inner_texts()
    cells = shown.locator("tbody tr").evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.textContent))")
    page.evaluate(press, chart)
    return heads, cells[::-1]
