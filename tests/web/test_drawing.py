"""The drawings: geometry that the design fixes, escaping, and graphs of awkward shapes."""

import re
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.drawing import bars, lineage, marks, prooftree, stepline
from web.drawing.confirmations import confirmations
from web.drawing.icons import PATHS, icon
from web.drawing.lineage import Edge, Node
from web.drawing.prooftree import Box, Join, Path
from web.drawing.seal import STATES, seal
from web.drawing.svg import element, label, number, shorten, text_width

DIGEST = "0c8ad76989b13bc57b97aa2c3c9173ec8c3eab8f9a3770d1a5c08f1426b437ff"


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def rects(svg: str, class_: str) -> list[ElementTree.Element]:
    return [rect for rect in parsed(svg).iter("rect") if class_ in (rect.get("class") or "").split()]


def path_of(sides: list[bool]) -> Path:
    joins = [Join(Box(f"s{level}", DIGEST), left, Box(f"p{level}", DIGEST)) for level, left in enumerate(sides)]
    return Path(Box("leaf", DIGEST), tuple(joins))


def boxes(svg: str) -> list[tuple[float, float, float]]:
    """Left, right and top of every node of a proof tree."""
    found = []
    for rect in parsed(svg).iter("rect"):
        if (rect.get("class") or "").startswith("tree-"):
            x, y, width = (float(rect.get(name) or 0) for name in ("x", "y", "width"))
            found.append((x, x + width, y))
    return found


# --- building blocks -----------------------------------------------------------------------------
@pytest.mark.parametrize(("value", "written"), [(3.0, "3"), (3.5, "3.5"), (2.345, "2.35"), (-0.001, "0"), (100, "100")])
def test_coordinates_have_no_trailing_zeros(value: float, written: str) -> None:
    assert number(value) == written


def test_text_and_attributes_are_escaped() -> None:
    assert label('<b>&"', x=0, y=0, class_="c") == '<text x="0" y="0" class="c">&lt;b&gt;&amp;&quot;</text>'
    assert element("a", href='"><script>') == '<a href="&quot;&gt;&lt;script&gt;"/>'


@given(st.text(max_size=60), st.floats(min_value=20, max_value=400))
def test_a_shortened_text_fits_its_room(words: str, room: float) -> None:
    assert text_width(shorten(words, 13, room), 13) <= room


def test_east_asian_characters_are_square() -> None:
    assert text_width("証証", 10) == 20


# --- seal and marks ------------------------------------------------------------------------------
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("size", [16, 20, 26, 56, 96])
def test_the_seal_is_hidden_from_screen_readers_in_every_state(state: str, size: int) -> None:
    drawn = parsed(seal(state, size))  # type: ignore[arg-type]
    assert drawn.get("aria-hidden") == "true"
    assert drawn.get("width") == str(size)


def test_below_24_px_the_second_drawing_is_used() -> None:
    assert parsed(seal("verified", 24)).get("viewBox") == "0 0 32 32"
    assert parsed(seal("verified", 20)).get("viewBox") == "0 0 16 16"


def test_strokes_of_the_glyph_land_on_whole_units() -> None:
    large, small = seal("verified", 56), seal("verified", 20)
    assert 'stroke-width="2"' in large
    assert 'stroke-width="1"' in small


def test_the_waiting_seal_fills_from_the_foot_by_blocks_over_needed() -> None:
    heights = [
        float(rects(seal("waiting", 56, filled=done, needed=12), "seal-rise")[0].get("height") or 0)
        for done in (3, 6, 12)
    ]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.02)
    assert heights[2] == pytest.approx(4 * heights[0], abs=0.04)


def test_the_waiting_seal_without_blocks_has_no_fill() -> None:
    assert not rects(seal("waiting", 56, filled=0, needed=12), "seal-rise")
    assert not rects(seal("waiting", 56), "seal-rise")


def test_more_blocks_than_needed_fill_the_seal_once() -> None:
    assert seal("waiting", 56, filled=40, needed=12) == seal("waiting", 56, filled=12, needed=12)


def test_a_small_waiting_seal_has_no_glyph() -> None:
    assert "seal-glyph" not in seal("waiting", 20, filled=1, needed=3)
    assert "seal-glyph" in seal("waiting", 28, filled=1, needed=3)


def test_the_cut_seal_has_no_glyph() -> None:
    assert "seal-glyph" not in seal("mismatch", 56)


def test_every_mark_differs_from_every_other() -> None:
    drawn = [marks.mark(kind, filled=1, needed=3) for kind in marks.MARKS]
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("name", sorted(PATHS))
def test_every_icon_is_well_formed(name: str) -> None:
    assert parsed(icon(name)).tag == "svg"


# --- metric lines and bars -----------------------------------------------------------------------
def levels(svg: str) -> list[float]:
    """The heights of a step line's treads, in order."""
    way = next(path.get("d") or "" for path in parsed(svg).iter("path") if path.get("class") == "line-steps")
    return [float(found) for found in re.findall(r"(?:M0 |V)([\d.]+)", way)]


def test_a_metric_is_drawn_in_steps_and_never_in_slopes() -> None:
    way = next(
        path
        for path in parsed(stepline.step_line([1, 3, 2], title="t")).iter("path")
        if path.get("class") == "line-steps"
    )
    assert set(re.findall("[A-Za-z]", way.get("d") or "")) == {"M", "H", "V"}


def test_every_revision_gets_the_same_width() -> None:
    way = next(
        path.get("d") or ""
        for path in parsed(stepline.step_line([1, 2, 3, 4], title="t", width=86)).iter("path")
        if path.get("class") == "line-steps"
    )
    ends = [0.0, *(float(found) for found in re.findall(r"H([\d.]+)", way))]
    assert len({round(b - a, 1) for a, b in pairwise(ends)}) == 1


def test_a_higher_value_stands_higher() -> None:
    low, high = levels(stepline.step_line([0.94, 0.979], title="t"))
    assert high < low


def test_one_value_and_equal_values_are_a_level_line() -> None:
    assert len(set(levels(stepline.step_line([0.94], title="t")))) == 1
    assert len(set(levels(stepline.step_line([0.94, 0.94], title="t")))) == 1


def test_no_values_draw_nothing() -> None:
    assert stepline.step_line([], title="t") == ""
    assert bars.bar_chart([], title="t") == ""
    assert lineage.lineage_graph([], [], title="t") == ""


def test_the_last_point_is_a_square_of_six() -> None:
    point = rects(stepline.step_line([1, 2], title="t"), "line-point")[0]
    assert (point.get("width"), point.get("height")) == ("6", "6")


@given(st.lists(st.floats(min_value=-1e6, max_value=1e6), min_size=1, max_size=40))
def test_a_metric_line_stays_inside_its_picture(values: list[float]) -> None:
    assert all(0 <= level <= 36 for level in levels(stepline.step_line(values, title="t", height=36)))


def test_a_chart_is_named_for_screen_readers() -> None:
    drawn = parsed(bars.bar_chart([bars.Bar(3, "3")], title="3 HUB in epoch 1"))
    assert drawn.get("role") == "img"
    assert drawn.findtext("title") == "3 HUB in epoch 1"


def test_the_figure_of_a_bar_at_the_right_edge_ends_with_it() -> None:
    drawn = bars.bar_chart([*[bars.Bar(0)] * 29, bars.Bar(42, "42,000")], title="t", width=300)
    figure, bar = parsed(drawn).find(".//{*}text"), rects(drawn, "bar")[0]
    assert figure is not None
    assert figure.get("text-anchor") == "end"
    assert figure.get("x") == str(float(bar.get("x") or 0) + float(bar.get("width") or 0)).removesuffix(".0")


def test_an_empty_period_is_a_tick() -> None:
    drawn = bars.bar_chart([bars.Bar(3), bars.Bar(0), bars.Bar(0)], title="t")
    assert len(rects(drawn, "bar")) == 1
    assert drawn.count("v4") == 2


def test_bars_of_a_comparison_grow_from_the_zero_line_to_both_sides() -> None:
    drawn = bars.pair_bar(-1, 2, scale=2, width=200)
    before, after = rects(drawn, "bar-before")[0], rects(drawn, "bar")[0]
    assert float(before.get("x") or 0) + float(before.get("width") or 0) == pytest.approx(100)
    assert after.get("x") == "100"
    assert float(after.get("width") or 0) == pytest.approx(2 * float(before.get("width") or 0))


def test_a_part_never_draws_beyond_its_whole() -> None:
    drawn = bars.share_bar(300, 250, scale=250)
    assert float(rects(drawn, "bar")[0].get("width") or 0) <= float(rects(drawn, "bar-room")[0].get("width") or 0)


@pytest.mark.parametrize(("done", "needed", "filled"), [(0, 3, 0), (2, 3, 2), (3, 3, 3), (9, 3, 3), (12, 12, 12)])
def test_one_square_is_filled_for_each_confirmation(done: int, needed: int, filled: int) -> None:
    drawn = confirmations(done, needed)
    assert len(rects(drawn, "mark-solid")) == filled
    assert len(rects(drawn, "mark-quiet")) == needed - filled


def test_no_confirmations_are_needed_draws_no_square() -> None:
    assert list(parsed(confirmations(0, 0)).iter("rect")) == []


# --- proof tree ----------------------------------------------------------------------------------
@given(st.lists(st.booleans(), max_size=40))
def test_a_proof_tree_of_any_path_fits_its_column(sides: list[bool]) -> None:
    drawn = boxes(prooftree.proof_tree(path_of(sides), title="t"))
    assert len(drawn) == 2 * len(sides) + 1
    assert max(right for _, right, _ in drawn) - min(left for left, _, _ in drawn) <= prooftree.ROOM


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_nodes_of_one_row_never_overlap(sides: list[bool]) -> None:
    rows: dict[int, list[tuple[float, float]]] = {}
    for left, right, top in boxes(prooftree.proof_tree(path_of(sides), title="t")):
        rows.setdefault(round(top / prooftree.ROW), []).append((left, right))
    for row in rows.values():
        for (_, end), (start, _) in pairwise(sorted(row)):
            assert end <= start


@pytest.mark.parametrize("left", [True, False])
def test_a_sibling_stands_on_its_true_side(left: bool) -> None:
    drawn = parsed(prooftree.proof_tree(path_of([left]), title="t"))
    spots = {rect.get("class"): float(rect.get("x") or 0) for rect in drawn.iter("rect")}
    assert (spots["tree-given"] < spots["tree-leaf"]) is left


def test_the_root_is_at_the_top_and_the_leaf_at_the_foot() -> None:
    drawn = parsed(prooftree.proof_tree(path_of([True, False, True]), title="t"))
    spots = {rect.get("class"): float(rect.get("y") or 0) for rect in drawn.iter("rect")}
    assert spots["tree-root"] < spots["tree-computed"] < spots["tree-leaf"]


def test_a_log_of_one_entry_is_one_node() -> None:
    assert len(boxes(prooftree.proof_tree(Path(Box("leaf 0", DIGEST)), title="t"))) == 1


def test_an_anchored_root_carries_a_seal_and_says_so() -> None:
    join = Join(Box("s", DIGEST), True, Box("root of 32", DIGEST, "anchored in block 1,204"))
    drawn = prooftree.proof_tree(Path(Box("leaf", DIGEST), (join,)), title="t")
    assert "seal-verified" in drawn
    assert "anchored in" in drawn
    assert "block 1,204" in drawn


# --- lineage -------------------------------------------------------------------------------------
def overlapping(nodes: list[Node], edges: list[Edge]) -> bool:
    placed = lineage.layout(nodes, edges)
    spots = [(x, x + placed.widths[key], y, y + lineage.TALL) for key, (x, y) in placed.corners.items()]
    return any(
        a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]
        for place, a in enumerate(spots)
        for b in spots[place + 1 :]
    )


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Node], list[Edge]]:
    size = draw(st.integers(1, 12))
    nodes = [Node(str(place), f"node {place}", "kind", "/x") for place in range(size)]
    ends = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1), st.booleans())
    edges = [Edge(str(a), str(b), "trained", joins=joins) for a, b, joins in draw(st.lists(ends, max_size=16))]
    return nodes, edges


@given(graphs())
def test_any_graph_is_drawn_with_each_node_once(graph: tuple[list[Node], list[Edge]]) -> None:
    nodes, edges = graph
    drawn = parsed(lineage.lineage_graph(nodes, edges, title="t"))
    assert len(list(drawn.iter("a"))) == len(nodes)


@given(graphs())
def test_nodes_of_a_lineage_never_overlap(graph: tuple[list[Node], list[Edge]]) -> None:
    nodes, edges = graph
    assert not overlapping(nodes, [edge for edge in edges if not edge.joins])


@given(graphs())
def test_the_same_graph_is_always_drawn_the_same(graph: tuple[list[Node], list[Edge]]) -> None:
    assert lineage.lineage_graph(*graph, title="t") == lineage.lineage_graph(*graph, title="t")


def test_sources_stand_left_of_what_was_made_from_them() -> None:
    placed = lineage.layout([Node("a", "a"), Node("b", "b"), Node("c", "c")], [Edge("a", "b"), Edge("b", "c")])
    assert placed.corners["a"][0] < placed.corners["b"][0] < placed.corners["c"][0]


def test_a_contribution_enters_from_below() -> None:
    nodes = [Node("r1", "r1"), Node("r2", "r2"), Node("c", "c")]
    placed = lineage.layout(nodes, [Edge("r1", "r2"), Edge("c", "r2", joins=True)])
    assert placed.corners["c"][1] > placed.corners["r2"][1] + lineage.TALL
    assert placed.lines[1][-1][1] == placed.corners["r2"][1] + lineage.TALL


def test_several_contributions_to_one_revision_stand_apart() -> None:
    nodes = [Node("r1", "r1"), Node("r2", "r2"), Node("c1", "c"), Node("c2", "c"), Node("c3", "c")]
    edges = [Edge("r1", "r2"), *(Edge(f"c{place}", "r2", joins=True) for place in (1, 2, 3))]
    assert not overlapping(nodes, edges)


def test_edges_to_unknown_nodes_and_to_itself_are_left_out() -> None:
    placed = lineage.layout([Node("a", "a")], [Edge("a", "b"), Edge("a", "a")])
    assert placed.lines == []


def test_rows_by_longest_path_take_over_when_the_engine_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes, edges = [Node("a", "a"), Node("b", "b"), Node("c", "c")], [Edge("a", "b"), Edge("b", "c"), Edge("c", "a")]
    monkeypatch.setattr(lineage, "LAYER_GAP", float("nan"))
    placed = lineage.layout(nodes, edges)
    assert set(placed.corners) == {"a", "b", "c"}


def test_a_name_that_is_too_long_is_cut_and_stays_whole_for_readers() -> None:
    drawn = lineage.lineage_graph([Node("a", "n" * 60, "model", "/a")], [], title="t")
    assert "…" in drawn
    assert f'aria-label="{"n" * 60}, model"' in drawn


@pytest.mark.parametrize("count", [2, 3, 5, 8, 12])
def test_words_beside_edges_lie_on_no_other_words_and_on_no_node(count: int) -> None:
    sources = [Node(f"s{n}", f"source {n}", "dataset") for n in range(count)]
    edges = [Edge(source.id, "work", "trained") for source in sources]
    work = Node("work", "work", "model")
    drawn = parsed(lineage.lineage_graph([*sources, work], edges, title="t"))
    verbs = [node for node in drawn.iter() if "edge-verb" in node.get("class", "")]
    assert len(verbs) == count
    spots = [(float(node.get("x", "")), float(node.get("y", ""))) for node in verbs]
    assert all(abs(x1 - x2) >= 36 or abs(y1 - y2) >= 12 for (x1, y1), (x2, y2) in combinations(spots, 2))
    placed = lineage.layout([*sources, work], edges)
    left, top, _right, _bottom = placed.bounds()
    for x, y in ((x + left - 1, y + top - 20) for x, y in spots):
        for key, (corner, upper) in placed.corners.items():
            assert not (corner < x < corner + placed.widths[key] and upper < y < upper + lineage.TALL)


def test_names_and_addresses_in_a_lineage_are_escaped() -> None:
    drawn = lineage.lineage_graph([Node("a", "<script>", "&", '"/><script>')], [], title="<t>")
    assert "<script>" not in drawn
    parsed(drawn)


def test_open_work_is_dashed_and_the_current_work_is_marked() -> None:
    drawn = lineage.lineage_graph(
        [Node("a", "a", state="current"), Node("b", "b", state="open")], [Edge("a", "b", open=True)], title="t"
    )
    assert "node-current" in drawn
    assert len(rects(drawn, "node-open")) == 1
    assert 'class="edge edge-open"' in drawn
