"""What the links of a Sankey promise."""

from itertools import pairwise

import pytest

from models import flows
from models.flows import Flows
from models.graph import Graph, Node
from models.sankey_links import SankeyLink, SankeyNode, links, one_by_one, within
from tests.models.test_flows import CAMPUS, READINGS, edge


def named(drawn: tuple[list[SankeyNode], list[SankeyLink]]) -> dict[tuple[str, str], float]:
    nodes, bands = drawn
    return {(nodes[band.source].label, nodes[band.target].label): band.value for band in bands}


def test_live_power_follows_the_sign_of_a_two_way_edge() -> None:
    drawn = named(links(flows.solve(CAMPUS, READINGS), both_ways=False))
    assert drawn["Battery", "Main bus"] == 10
    assert ("Main bus", "Battery") not in drawn
    assert drawn["Grid", "Main bus"] == 40


def test_energy_shows_both_directions_at_the_two_ends() -> None:
    solved = flows.solve(CAMPUS, READINGS | {"m_battery": (8.0, 10.0), "m_grid": (40.0, 3.0)})
    drawn = named(links(solved, both_ways=True))
    assert drawn["Battery, discharge", "Main bus"] == 10
    assert drawn["Main bus", "Battery, charge"] == 8
    assert drawn["Grid, import", "Main bus"] == 40
    assert drawn["Main bus", "Grid, export"] == 3


def test_an_imbalance_is_a_visible_flow_of_its_own() -> None:
    metered = Graph(CAMPUS.nodes[:-1], CAMPUS.edges[:-1])
    nodes, bands = links(flows.solve(metered, READINGS), both_ways=False)
    assert named((nodes, bands))["Main bus", "Unaccounted for, Main bus"] == pytest.approx(30)
    assert bands[-1].technology == "residual"
    short = named(links(flows.solve(metered, READINGS | {"m_labs": (90.0, 0.0)}), both_ways=False))
    assert short["Unmetered source, Main bus", "Main bus"] == pytest.approx(10)


def test_rounding_noise_is_not_drawn_as_a_loss() -> None:
    metered = Graph(CAMPUS.nodes[:-1], CAMPUS.edges[:-1])
    drawn = named(links(flows.solve(metered, READINGS | {"m_labs": (79.99, 0.0)}), both_ways=False))
    assert not [band for band in drawn if "Unaccounted" in band[1]]


def estate(homes: int) -> tuple[Graph, dict[str, tuple[float, float]]]:
    nodes = [Node("grid", "Grid", "source", "grid"), Node("site", "Fontana", "bus")]
    edges = [edge("grid", "site", "m_grid", two_way=True)]
    readings = {"m_grid": (homes * 1.0, 0.0)}
    for n in range(homes):
        nodes += [Node(f"h{n}", f"Home {n}", "bus"), Node(f"p{n}", "PV", "source", "pv"), Node(f"l{n}", "Use", "sink", "load")]
        edges += [
            edge("site", f"h{n}", f"m_h{n}", two_way=True),
            edge(f"p{n}", f"h{n}", f"m_p{n}"),
            edge(f"h{n}", f"l{n}", f"m_l{n}"),
        ]
        readings |= {f"m_h{n}": (2.0, 1.0), f"m_p{n}": (3.0, 0.0), f"m_l{n}": (4.0, 0.0)}
    return Graph(tuple(nodes), tuple(edges)), readings


def circle_free(bands: list[SankeyLink]) -> bool:
    left = {(band.source, band.target) for band in bands}
    while left:
        targets = {target for _, target in left}
        ends = {pair for pair in left if pair[0] not in targets}
        if not ends:
            return False
        left -= ends
    return True


def test_homes_that_sell_to_the_bus_that_feeds_them_make_no_circle() -> None:
    graph, readings = estate(3)
    nodes, bands = links(flows.solve(graph, readings), both_ways=True)
    assert circle_free(bands)
    drawn = named((nodes, bands))
    assert drawn["Home 0", "Back to Fontana"] == 1
    assert sum(value for (source, _), value in drawn.items() if source.startswith("Back from Home")) == 3


@pytest.mark.parametrize(("there", "back"), [(5.0, 4.0), (1e-9, 4.0), (5.0, 0.0)])
def test_what_flows_there_and_back_between_two_boards_is_drawn_both_ways_and_each_keeps_its_sum(
    there: float, back: float
) -> None:
    ends = (("grid", "Alice"), ("Alice", "Bob"), ("Alice", "at Alice"), ("Bob", "at Bob"), ("Roof", "Bob"))
    kinds = {"grid": "source", "Roof": "source", "Alice": "bus", "Bob": "bus"}
    nodes = tuple(Node(name, name, kinds.get(name, "sink")) for name in dict.fromkeys(end for both in ends for end in both))
    edges = tuple(edge(*both, f"m_{both[1]}_{both[0]}", two_way=both == ("Alice", "Bob")) for both in ends)
    told = {"m_Alice_grid": 9.0, "m_at Alice_Alice": 9 - there + back, "m_at Bob_Bob": 6 + there - back, "m_Bob_Roof": 6.0}
    readings = {name: (kwh, 0.0) for name, kwh in told.items()} | {"m_Bob_Alice": (there, back)}
    nodes_drawn, bands = links(flows.solve(Graph(nodes, edges), readings), both_ways=True)
    assert circle_free(bands)
    drawn = named((nodes_drawn, bands))
    assert drawn["Alice", "Bob"] == pytest.approx(there) if there > 1e-6 else ("Alice", "Bob") not in drawn
    if back:
        assert drawn["Bob", "Back to Alice" if there > 1e-6 else "Alice"] == pytest.approx(back)
    entering = sum(value for (_, target), value in drawn.items() if target == "Bob")
    leaving = sum(value for (source, _), value in drawn.items() if source == "Bob")
    assert entering == pytest.approx(6 + there, abs=1e-6)
    assert leaving == pytest.approx(entering, abs=1e-6)


def test_of_a_chain_of_forty_boards_with_seventy_bands_each_is_told() -> None:
    boards = [f"Board {n:02}" for n in range(40)]
    ends = [("Grid", boards[0]), *pairwise(boards), *((boards[n], f"Use {n:02}") for n in range(10, 40))]
    kwh = {both: 1.0 for both in ends if both[1].startswith("Use")} | {(boards[12], "Use 12"): 0.0, (boards[13], "Use 13"): 1e-9}
    for at in range(39, -1, -1):  # each passes on what those behind it use
        into = ends[at]
        kwh[into] = sum(value for both, value in kwh.items() if both[0] == boards[at])
    kinds = {"Grid": "source"} | dict.fromkeys(boards, "bus")
    names = dict.fromkeys(end for both in ends for end in both)
    graph = Graph(
        tuple(Node(name, name, kinds.get(name, "sink")) for name in names), tuple(edge(*both, f"m_{both[1]}") for both in ends)
    )
    assert len(ends) == 70
    solved = flows.solve(graph, {f"m_{both[1]}": (kwh[both], 0.0) for both in ends})
    told = named(one_by_one(solved, both_ways=True) or links(solved, both_ways=True))
    flowing = {both: value for both, value in kwh.items() if value > 0}
    assert told == pytest.approx(flowing)
    assert circle_free(links(solved, both_ways=True)[1])


def test_a_crowded_site_draws_alike_nodes_as_one_and_loses_nothing() -> None:
    graph, readings = estate(20)
    solved = flows.solve(graph, readings)
    nodes, bands = links(solved, both_ways=True)
    drawn = named((nodes, bands))
    assert drawn["PV arrays (20)", "Buses (20)"] == pytest.approx(60)
    assert drawn["Buses (20)", "Loads (20)"] == pytest.approx(80)
    assert circle_free(bands)
    assert len(nodes) < 12


def test_uses_stay_by_themselves_while_their_side_of_the_picture_has_room_for_them() -> None:
    graph, readings = estate(17)
    nodes, bands = links(flows.solve(graph, readings), both_ways=True)
    used = [band for band in bands if nodes[band.target].label == "Use"]
    assert [nodes[band.source].label for band in used] == ["Buses (17)"] * 17
    assert [band.value for band in used] == [4.0] * 17
    assert "PV arrays (17)" in {node.label for node in nodes}
    assert circle_free(bands)


def test_no_values_no_links() -> None:
    assert links(flows.solve(CAMPUS, {}), both_ways=False) == ([], [])


def test_a_crowded_graph_is_drawn_in_groups_and_told_one_by_one() -> None:
    graph, readings = estate(20)
    solved = flows.solve(graph, readings)
    each = one_by_one(solved, both_ways=True)
    assert each is not None
    assert len(links(solved, both_ways=True)[1]) < 10
    drawn = [(each[0][band.source].label, each[0][band.target].label, band.value) for band in each[1]]
    assert len([flow for flow in drawn if flow[1] == "Use"]) == 20
    assert {source for source, _, _ in drawn} >= {f"Home {n}" for n in range(20)}
    assert one_by_one(flows.solve(CAMPUS, READINGS), both_ways=True) is None


def uneven(homes: int) -> Flows:
    """An estate of which each home uses more than the one before."""
    graph, readings = estate(homes)
    return flows.solve(graph, readings | {f"m_l{n}": (4.0 + n, 0.0) for n in range(homes)} | {"m_grid": (1e4, 0.0)})


def test_what_is_drawn_as_one_opens_to_the_largest_of_it_and_one_for_the_others() -> None:
    solved = uneven(200)
    loads = within(solved.graph, "l7", alone=False)
    assert {*loads} == {f"l{n}" for n in range(200)}
    nodes, bands = links(solved, both_ways=True, opened=loads)
    drawn = {nodes[band.target].node_ids: band.value for band in bands if nodes[band.source].label == "Buses (200)"}
    alone = {ids[0]: value for ids, value in drawn.items() if len(ids) == 1 and ids[0] in loads}
    assert alone == {f"l{n}": 4.0 + n for n in range(181, 200)}
    [(others, kwh)] = [(ids, value) for ids, value in drawn.items() if len(ids) > 1]
    assert {*others} == {f"l{n}" for n in range(181)}
    assert kwh == pytest.approx(sum(4.0 + n for n in range(181)))
    assert "181 others" in {node.label for node in nodes}
    assert circle_free(bands)


def test_a_home_opens_to_what_is_in_it_and_the_rest_stays_as_one() -> None:
    solved = uneven(30)
    ids = within(solved.graph, "h3", alone=True)
    assert {*ids} == {"h3", "p3", "l3"}
    drawn = named(links(solved, both_ways=True, opened=ids))
    assert drawn["Home 3", "Use"] == 7
    assert drawn["PV", "Home 3"] == 3
    assert drawn["PV arrays (29)", "Buses (29)"] == pytest.approx(87)


def test_what_open_homes_give_back_is_one_end_and_each_stays_behind_its_board() -> None:
    graph, readings = estate(22)
    generous = {"m_h3": (0.5, 6.0), "m_l3": (4.0, 0.0)}  # gives back more than it takes
    solved = flows.solve(graph, readings | generous)
    nodes, bands = links(solved, both_ways=True, opened=within(graph, "h0", alone=False))
    drawn = named((nodes, bands))
    assert drawn["Back from Buses (22)", "Fontana"] == pytest.approx(21 * 1.0 + 6.0)
    assert [node.label for node in nodes if node.label.startswith("Back")].count("Back to Fontana") == 1
    assert len([node for node in nodes if node.label.startswith("Back")]) == 2
    assert drawn["Fontana", "Home 3"] == 0.5
    assert circle_free(bands)


def test_an_estate_of_few_homes_opens_to_all_of_them_and_what_is_not_there_to_nothing() -> None:
    solved = uneven(18)
    homes = within(solved.graph, "h0", alone=False)
    drawn = named(links(solved, both_ways=True, opened=homes))
    assert {f"Home {n}" for n in range(18)} <= {source for source, _ in drawn}
    assert not any("others" in end for both in drawn for end in both)
    assert links(solved, both_ways=True, opened=within(solved.graph, "nothing", alone=False)) == links(solved, both_ways=True)
    assert within(solved.graph, "grid", alone=True) == ()
    assert within(flows.solve(CAMPUS, READINGS).graph, CAMPUS.nodes[0].id, alone=False) == ()
