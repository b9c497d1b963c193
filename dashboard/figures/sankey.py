"""Where does the energy come from, where does it go, and what gets lost on the way?"""

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

from config.language import _
from dashboard.figures.wording import scaled, text, token
from models.sankey_links import Drawn, SankeyLink, SankeyNode

NARROW = 12  # letters in a line of a label
FROM_THE_TOP = {"pv": 0, "storage": 1, "grid": 2, "outline": 3, "demand": 3, "residual": 9}


def figure(
    nodes: list[SankeyNode],
    links: list[SankeyLink],
    unit: str,
    places: Mapping[str, int] | None = None,
    each: Drawn | None = None,
    leads: Mapping[tuple[str, ...], str] | None = None,
) -> dict[str, Any]:
    """A Sankey of the nodes and links, values in `unit` (kW or kWh).

    Bars keep the order of the graph (sources, sinks, residuals last), so that a live picture does not jump about. A bar's
    `customdata` is the position of its node in `places` (by node id; −1 for none, −2 less that of the first of several), or the
    address that it `leads` to (by all of its node ids), its name, and its value:
    `assets/live/15-sankey.js` makes the labels from them. `meta` is for the table: the unit, and of a picture that draws
    several nodes as one (`grouped`) the flows of `each` (from, to, value, 1 where a balance told it).
    """
    known = places or {}
    grouped = any(len(node.node_ids) > 1 for node in nodes)
    order = sorted(range(len(nodes)), key=lambda at: (FROM_THE_TOP[token(nodes[at].technology)], at))
    place = {old: new for new, old in enumerate(order)}
    ordered = [nodes[at] for at in order]
    away, towards = [0.0] * len(nodes), [0.0] * len(nodes)
    for link in links:
        away[link.source] += link.value
        towards[link.target] += link.value
    throughput = [max(away[at], towards[at]) for at in order]
    bands = sorted(links, key=lambda link: (place[link.source], place[link.target]))
    amounts = [" ".join(scaled(value, unit)) for value in throughput]
    return {
        "data": [
            {
                "type": "sankey",
                "arrangement": "fixed",
                "node": {
                    "sort": "input",
                    "align": "justify",
                    "pad": 14,
                    "thickness": 12,
                    "line": {"width": 0},
                    "label": ["<br>".join(text(line) for line in two_lines(node.label)) for node in ordered],
                    "color": [f"@{token(node.technology)}" for node in ordered],
                    "customdata": [
                        [
                            _position(node, known) if leads is None else leads.get(node.node_ids, ""),
                            text(node.label),
                            amount,
                        ]
                        for node, amount in zip(ordered, amounts, strict=True)
                    ],
                    "hovertemplate": "%{customdata[1]}<br><b>%{customdata[2]}</b><extra></extra>",
                },
                "link": {
                    "source": [place[link.source] for link in bands],
                    "target": [place[link.target] for link in bands],
                    "value": [_exact(link.value) for link in bands],
                    "color": [f"@{token(link.technology)}/0.38" for link in bands],
                    "customdata": [_amount(link, unit) for link in bands],
                    "hovertemplate": "%{source.customdata[1]} → %{target.customdata[1]}<br><b>%{customdata}</b><extra></extra>",
                },
                "meta": {"unit": unit} | ({"grouped": True} if grouped else {}) | ({"each": _rows(*each)} if each else {}),
            }
        ],
        "layout": {"margin": {"l": 4, "r": 4, "t": 8, "b": 8}, "hovermode": "closest"},
    }


def _amount(link: SankeyLink, unit: str) -> str:
    amount = " ".join(scaled(link.value, unit))
    return _("%(energy)s (from the balance)", energy=amount) if link.derived else amount


def _position(node: SankeyNode, places: Mapping[str, int]) -> int:
    """What a click on the bar opens, as a number."""
    if not node.node_ids or node.node_ids[0] not in places:
        return -1
    first = places[node.node_ids[0]]
    return first if len(node.node_ids) == 1 else -2 - first


def two_lines(name: str) -> list[str]:
    """A name in at most two lines. What does not fit is left out of its middle: alike names often differ at their ends.

    >>> [two_lines(each) for each in ("Transformer 2", "Distribution cabinet in the north 1")]
    [['Transformer', '2'], ['Distribution', '… north 1']]
    """
    lines = wrap(name, NARROW)
    if len(lines) <= 2:
        return lines
    *rest, end = " ".join(lines[1:]).split()
    while rest and len(f"… {rest[-1]} {end}") <= NARROW:
        end = f"{rest.pop()} {end}"
    return [lines[0], f"… {end}"]


def _rows(nodes: list[SankeyNode], links: list[SankeyLink]) -> list[list[Any]]:
    return [
        [text(nodes[link.source].label), text(nodes[link.target].label), _exact(link.value), int(link.derived)]
        for link in sorted(links, key=lambda link: (link.source, link.target))
    ]


def _exact(value: float) -> float:
    """To the watt or watt-hour, as a table writes it: rounded once, here; what is smaller to three digits."""
    return round(value, 3) if value >= 0.001 else float(f"{value:.3g}")


def summary(nodes: list[SankeyNode], links: list[SankeyLink], unit: str) -> str:
    """The picture in one sentence, for those who do not see it."""
    if not links:
        return _("No energy flows in this period.")
    sources, targets = {link.source for link in links}, {link.target for link in links}
    into = _listed(nodes, [(link.source, link.value) for link in links if link.source not in targets], unit)
    out = _listed(nodes, [(link.target, link.value) for link in links if link.target not in sources], unit)
    return _("From %(into)s. To %(out)s.", into=into, out=out)


def _listed(nodes: list[SankeyNode], ends: list[tuple[int, float]], unit: str) -> str:
    amounts: dict[int, float] = {}
    for at, value in ends:
        amounts[at] = amounts.get(at, 0.0) + value
    largest = sorted(amounts.items(), key=lambda item: -item[1])
    named = [f"{nodes[at].label} {' '.join(scaled(value, unit))}" for at, value in largest[:5]]
    if len(largest) > 5:
        named.append(
            _(
                "%(count)s others %(energy)s",
                count=len(largest) - 5,
                energy=" ".join(scaled(sum(value for _at, value in largest[5:]), unit)),
            )
        )
    return ", ".join(named)
