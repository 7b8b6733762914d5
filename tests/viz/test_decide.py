from dataclasses import replace

import numpy as np
import pytest

from audio_interaction.corpus.schema import Event, Response
from audio_interaction.errors import UserError
from audio_interaction.protocol import seconds_of, trigger_chunk
from audio_interaction.viz.animate import animate_decide
from audio_interaction.viz.decide import decide_figure
from audio_interaction.viz.verdicts import EARLY, FALSE_ALARM, HIT, UNJUDGED, answers

KILOBYTES_150 = 150_000


def trace(figure, name, kind="scatter"):
    """The only trace of that name in the row of p(response), or of another kind."""
    (found,) = [
        each
        for each in figure.data
        if each.name == name and each.type == kind and each.yaxis in ("y3", "y4")
    ]
    return found


def texts(figure, axis):
    return [
        text
        for each in figure.select_traces({"type": "scatter", "mode": "text", "yaxis": axis})
        for text in (label.strip() for label in each.text)
    ]


def test_all_rows_share_one_axis_of_seconds(heard):
    figure = decide_figure(heard.samples, heard.transcript, heard.stream)
    end = heard.transcript.seconds
    for row in range(1, 6):
        axis = next(figure.select_xaxes(row=row))
        assert tuple(axis.range) == (0, end)
        assert row == 5 or axis.matches == "x5"
    assert figure.layout.xaxis5.title.text == "seconds"
    assert [next(figure.select_yaxes(row=row)).title.text for row in range(1, 6)] == [
        "waveform",
        "log-mel, Hz",
        "p(response)",
        "events",
        "replies",
    ]


def test_every_decision_is_drawn_from_the_end_of_its_chunk(heard):
    signal = trace(decide_figure(heard.samples, heard.transcript, heard.stream), "p(response)")
    assert signal.line.shape == "hv"
    np.testing.assert_allclose(signal.x, 0.4 * np.arange(1, len(signal.x) + 1), rtol=1e-6)
    np.testing.assert_allclose(signal.y, heard.transcript.p_response, rtol=1e-6)


def test_verdicts_stand_at_their_decisions(heard):
    figure = decide_figure(heard.samples, heard.transcript, heard.stream)
    hits, alarms = trace(figure, "right time"), trace(figure, "false alarm")
    assert hits.x == tuple(seconds_of(trigger_chunk(end) + 1) for end in (3.5, 8.1))
    np.testing.assert_allclose(hits.y, (0.93, 0.88), rtol=1e-6)
    assert alarms.x == (seconds_of(trigger_chunk(16.1) + 1),)
    assert texts(figure, "y5") == [
        "paris",
        "careful that was glass",
        "a dog barks",
        "missed: okay four seven",
    ]


def test_events_are_bars_of_their_kind(heard):
    figure = decide_figure(heard.samples, heard.transcript, heard.stream)
    hazard, sound = trace(figure, "hazard", "bar"), trace(figure, "sound", "bar")
    assert hazard.base == (6.9,) and hazard.x == pytest.approx((1.2,))
    assert sound.base == (15.0,)
    assert len(trace(figure, "speech", "bar").base) == 3
    assert "what is the capital of france" in texts(figure, "y4")


def test_a_noise_bed_is_no_sound_to_answer(heard):
    bed = Event(0.0, 24.0, "sound", "noise", "amb")
    figure = decide_figure(
        heard.samples, heard.transcript, replace(heard.stream, events=(bed, *heard.stream.events))
    )
    assert trace(figure, "noise, ambience", "bar").x == (24.0,)
    assert trace(figure, "sound", "bar").base == (15.0,)


def test_texts_are_no_markup(heard):
    odd = Event(1.2, 3.5, "speech", "<b>loud</b> & clear", source="slt")
    stream = replace(heard.stream, events=(odd,))
    figure = decide_figure(heard.samples, heard.transcript, stream)
    assert texts(figure, "y4") == ["&lt;b&gt;loud&lt;/b&gt; &amp; clear"]


def test_the_heat_map_covers_the_sound(heard):
    figure = decide_figure(heard.samples, heard.transcript)
    (mel,) = [each for each in figure.data if each.type == "heatmap"]
    assert mel.x0 - mel.dx / 2 == pytest.approx(0)
    assert mel.x0 + (np.shape(mel.z)[1] - 0.5) * mel.dx == pytest.approx(24.0)


def test_another_threshold_moves_line_and_markers(heard):
    figure = decide_figure(heard.samples, heard.transcript, heard.stream, threshold=0.3)
    assert [shape.y0 for shape in figure.layout.shapes] == [0.3]
    assert len(trace(figure, "right time").x) == 3
    assert "?" in texts(figure, "y5")  # it was silent there, so its words are not known
    strict = decide_figure(heard.samples, heard.transcript, heard.stream, threshold=0.9)
    assert len(trace(strict, "right time").x) == 1
    assert not [each for each in strict.data if each.name == "false alarm"]


def test_an_answer_before_the_end_of_its_trigger_is_too_early(heard):
    later = replace(heard.stream.responses[0], end=3.7)  # the decision is at 3.6 s
    stream = replace(heard.stream, responses=(later, *heard.stream.responses[1:]))
    found, missed = answers(heard.transcript, 0.5, stream)
    assert [answer.style for answer in found] == [EARLY, HIT, FALSE_ALARM]
    assert [trigger.text for trigger in missed] == ["paris", "okay four seven"]
    figure = decide_figure(heard.samples, heard.transcript, stream)
    assert trace(figure, "too early").x == (seconds_of(9),)


def test_without_a_timeline_there_are_no_verdicts(heard):
    figure = decide_figure(heard.samples, heard.transcript)
    marked = figure.select_traces({"type": "scatter", "mode": "markers"})
    assert {each.name for each in marked} == {"response"}
    assert len(list(figure.select_yaxes())) == 4
    found, missed = answers(heard.transcript, 0.5)
    assert [answer.style for answer in found] == [UNJUDGED] * 3 and missed == []


def test_words_of_a_transcript_in_one_chunk_are_one_trigger(heard):
    words = tuple(
        Response(1.2, end, text, kind="transcript")
        for end, text in ((3.30, "what"), (3.45, "is"), (8.1, "that"))
    )
    found, missed = answers(heard.transcript, 0.5, replace(heard.stream, responses=words))
    assert [answer.style for answer in found] == [HIT, HIT, FALSE_ALARM] and missed == []


@pytest.mark.parametrize("chunks", [0, 1])
def test_next_to_nothing_can_be_drawn(heard, chunks):
    nothing = replace(
        heard.transcript, p_response=heard.transcript.p_response[:chunks], spoken=(), seconds=0.0
    )
    empty = replace(heard.stream, events=(), responses=())
    samples = heard.samples[: 6400 * chunks]
    for stream in (None, empty):
        figure = decide_figure(samples, nothing, stream)
        assert tuple(figure.layout.xaxis.range) == (0, 0.4)
        animate_decide(samples, nothing, stream).to_json()


def test_two_channels_are_refused(heard):
    with pytest.raises(UserError, match=r"one channel.*\(2, 6400\)"):
        decide_figure(np.zeros((2, 6400)), heard.transcript)


def test_figures_stay_small(heard, ten_minutes):
    for each in (heard, ten_minutes):
        figure = decide_figure(each.samples, each.transcript, each.stream)
        assert len(figure.to_json()) < KILOBYTES_150
        moving = animate_decide(each.samples, each.transcript, each.stream)
        assert len(moving.to_json()) < KILOBYTES_150


def test_ten_minutes_keep_every_peak_and_fit_the_page(ten_minutes):
    figure = decide_figure(ten_minutes.samples, ten_minutes.transcript, ten_minutes.stream)
    signal = trace(figure, "p(response)")
    assert len(signal.x) == 600
    peaks = np.isclose(signal.y, 0.93)
    assert peaks.sum() == 25
    assert figure.layout.height < 900


def test_the_slider_reveals_chunk_by_chunk(heard):
    figure = animate_decide(heard.samples, heard.transcript, heard.stream)
    chunks = len(heard.transcript.p_response)
    assert len(figure.frames) == len(figure.layout.sliders[0].steps) == chunks
    still, hidden, cursor = figure.frames[7].layout.shapes
    assert still.y0 == 0.5
    assert (hidden.x0, hidden.x1) == (3.2, heard.transcript.seconds) and cursor.x0 == 3.2
    assert figure.layout.sliders[0].steps[8].label == "3.6 s, p 0.93: response"
    assert figure.layout.sliders[0].steps[7].label == "3.2 s, p 0.03: silent"
    long = animate_decide(heard.samples, heard.transcript, max_frames=10)
    assert len(long.frames) <= 10 and long.frames[-1].layout.shapes[-1].x0 == pytest.approx(
        25.2, abs=3
    )
