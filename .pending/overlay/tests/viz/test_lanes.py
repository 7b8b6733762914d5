import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.viz.lanes import LENGTHS, lanes_used, place, shorten
from audio_interaction.viz.theme import LABEL_PIXELS

SECONDS, PIXELS = 30.0, 900.0
PER_CHARACTER = LABEL_PIXELS * SECONDS / PIXELS

spans = st.lists(
    st.tuples(st.floats(0, 29), st.floats(0, 6), st.text("abc ", min_size=1, max_size=60)).map(
        lambda item: ((item[0], min(item[0] + item[1], SECONDS)), item[2])
    ),
    max_size=12,
)


@given(spans)
def test_neither_labels_nor_spans_of_a_lane_overlap(items):
    placed = place([span for span, _ in items], [text for _, text in items], SECONDS, PIXELS, 50)
    lanes = {}
    for (span, _), at in zip(items, placed, strict=True):
        room = len(at.label) * PER_CHARACTER
        left = at.at if at.anchor == "right" else at.at - room
        assert 0 <= left + 1e-6 or at.anchor == "left"
        assert left + room <= SECONDS + 1e-6
        lanes.setdefault(at.lane, []).append((min(left, span[0]), max(left + room, span[1])))
    for extents in lanes.values():
        extents.sort()
        for (_, end), (start, _) in zip(extents, extents[1:], strict=False):
            assert end <= start + 1e-6


def test_a_crowd_loses_its_labels_before_its_lanes_run_out():
    crowd = [(at / 10, at / 10 + 0.05) for at in range(250)]
    placed = place(crowd, ["something was said here"] * 250, SECONDS, PIXELS, lanes=5)
    assert lanes_used(placed) <= 5
    assert {at.label for at in placed} == {""}


def test_few_items_keep_their_whole_labels_in_one_lane():
    placed = place([(1, 2), (15, 16)], ["one", "two"], SECONDS, PIXELS)
    assert [(at.lane, at.label, at.at) for at in placed] == [(0, "one", 1), (0, "two", 15)]


def test_the_label_of_a_moment_at_the_edge_stands_on_its_left():
    (at,) = place([(29.5, 29.5)], ["said at the very end"], SECONDS, PIXELS)
    assert (at.at, at.anchor) == (29.5, "left")


@pytest.mark.parametrize("length", LENGTHS)
def test_shorten(length):
    assert len(shorten("x" * 100, length)) == length
    assert shorten("short", 44) == "short"
