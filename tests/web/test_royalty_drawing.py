"""Royalties as a drawing: what arrives is as tall as what leaves, and nothing is left out."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from web.drawing.royalties import TALLEST, Band, Station, royalty_flow

# The worked example of the rule: 30 of 150 pass on, 24 of them stay, 6 and 20 more go to the source.
STATIONS = [
    Station("tuned", "Contribution 1", "tuning", 150, 120, "150 from the tuning pool", "keeps 120", "/a", own=True),
    Station("model", "Revision 1", "model", 100, 104, "100 from the model pool", "keeps 104", "/b"),
    Station("data", "wisconsin", "dataset", 240, 266, "240 from the data pool", "keeps 266"),
]
BANDS = [Band("tuned", "model", 30, "30"), Band("model", "data", 26, "26")]


def drawn(stations: list[Station] = STATIONS, bands: list[Band] = BANDS) -> ElementTree.Element:
    return ElementTree.fromstring(royalty_flow(stations, bands, title="Royalties"))


def boxes(svg: ElementTree.Element, *names: str) -> list[tuple[float, float, float, float]]:
    found = [rect for rect in svg.iter("rect") if rect.get("class") in names]
    return [
        (
            float(each.get("x") or 0),
            float(each.get("y") or 0),
            float(each.get("width") or 0),
            float(each.get("height") or 0),
        )
        for each in found
    ]


def test_what_arrives_is_as_tall_as_what_leaves() -> None:
    svg = drawn()
    edges = boxes(svg, "flow-kept", "flow-kept-own", "bar")
    for x, _top, width, _height in boxes(svg, "flow-body"):
        arriving = sum(tall for left, _, _, tall in edges if left == x)
        leaving = sum(tall for left, _, wide, tall in edges if left == x + width - wide)
        assert arriving == pytest.approx(leaving, abs=0.05)


def test_the_tallest_box_has_the_height_of_the_design() -> None:
    assert max(tall for _, _, _, tall in boxes(drawn(), "flow-body")) == TALLEST


def test_works_stand_from_the_newest_to_the_source_and_each_lower() -> None:
    found = boxes(drawn(), "flow-body")
    assert found == sorted(found)
    assert [top for _, top, _, _ in found] == sorted(top for _, top, _, _ in found)


def test_works_that_nothing_passes_to_or_from_are_left_out() -> None:
    lonely = Station("code", "Alone", "code", 50, 50)
    assert len(boxes(drawn([*STATIONS, lonely]), "flow-body")) == 3
    assert royalty_flow([lonely], [], title="Royalties") == ""


def test_bands_to_unknown_works_and_of_nothing_are_left_out() -> None:
    assert royalty_flow(STATIONS, [Band("tuned", "gone", 5), Band("tuned", "model", 0)], title="Royalties") == ""


def test_boxes_of_one_column_do_not_overlap() -> None:
    many = [Station(f"s{n}", f"source {n}", "data", n, n + 10) for n in range(8)]
    child = Station("top", "top", "model", 100, 20)
    found = boxes(drawn([child, *many], [Band("top", each.id, 10) for each in many]), "flow-body")[1:]
    assert all(one[1] + one[3] < two[1] for one, two in pairwise(found))


def test_a_band_that_passes_a_column_runs_behind_no_work_there() -> None:
    flows = [*BANDS, Band("tuned", "data", 40, "40")]
    svg = drawn([Station("tuned", "Contribution 1", "tuning", 190, 120), *STATIONS[1:]], flows)
    [middle] = [box for box in boxes(svg, "flow-body") if box[0] == boxes(svg, "flow-body")[1][0]]
    band = [path.get("d") or "" for path in svg.iter("path")][2]
    numbers = [float(each) for each in re.findall(r"-?[0-9]+(?:[.][0-9]+)?", band)]
    across = [y for x, y in zip(numbers[::2], numbers[1::2], strict=True) if middle[0] <= x <= middle[0] + middle[2]]
    assert across
    assert all(y <= middle[1] or y >= middle[1] + middle[3] for y in across)


def test_the_reader_s_own_work_is_marked_and_names_are_links_and_escaped() -> None:
    svg = royalty_flow([Station("a", "<b>", "x", 10, 5, own=True, url="/a?x=1&y=2"), Station("b", "b", "", 0, 5)],
                       [Band("a", "b", 5, "5")], title="<Royalties>")  # fmt: skip
    assert "flow-kept-own" in svg
    assert "<b>" not in svg
    assert ElementTree.fromstring(svg).find(".//a").get("href") == "/a?x=1&y=2"  # type: ignore[union-attr]


def test_amounts_of_any_size_are_drawn() -> None:
    huge = 10**30
    svg = royalty_flow(
        [Station("a", "a", "", huge, huge - 1), Station("b", "b", "", 0, 1)], [Band("a", "b", 1)], title="t"
    )
    assert "nan" not in svg
    assert "e+" not in svg
