import numpy as np
import pytest

from audio_interaction.audio.tfjp import Step, tfjp
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE as RATE
from audio_interaction.viz.tfjp import describe, left_out, tfjp_figure


@pytest.fixture(scope="module")
def recording():
    """0.7 s of silence, a tone of 0.5 s, 0.9 s, another tone, 1 s, over a faint floor: 3.6 s."""
    tone = 0.3 * np.sin(2 * np.pi * 800 * np.arange(RATE // 2) / RATE)
    quiet = [np.zeros(round(seconds * RATE)) for seconds in (0.7, 0.9, 1.0)]
    samples = np.concatenate([quiet[0], tone, quiet[1], tone, quiet[2]])
    return (samples + 1e-3 * np.random.default_rng(0).standard_normal(len(samples))).astype("f4")


@pytest.fixture(scope="module")
def decay():
    time = np.arange(3 * RATE) / RATE
    return (0.5 * np.sin(4400 * time) * 10 ** (-1.5 * time)).astype(np.float32)


def test_what_was_left_out_is_what_is_missing(recording):
    done = tfjp(recording)
    before, pause, behind = left_out(len(recording), done)
    assert before == pytest.approx((0, 0.6), abs=0.02)
    assert pause == pytest.approx((1.35, 1.95), abs=0.03)
    assert behind[1] == len(recording) / RATE
    kept = len(recording) / RATE - sum(end - start for start, end in (before, pause, behind))
    assert kept == pytest.approx(len(done.samples) / RATE, abs=1e-6)


def test_the_figure_shows_both_sounds_on_one_scale(recording):
    done = tfjp(recording)
    figure = tfjp_figure(recording, done, max_points=200, title="Two tones")
    before, after = (trace for trace in figure.data if trace.type == "scatter")
    assert max(before.x) > 3.5 and max(after.x) < len(done.samples) / RATE
    loud, clean = (trace for trace in figure.data if trace.type == "heatmap")
    assert (loud.zmin, loud.zmax) == (clean.zmin, clean.zmax)
    assert clean.z.shape[1] * clean.dx == pytest.approx(len(done.samples) / RATE, abs=clean.dx)
    assert np.median(clean.z) < np.median(loud.z) - 3  # the floor was lowered
    assert figure.layout.xaxis.range == (0, 3.6)
    assert figure.layout.yaxis.range == figure.layout.yaxis3.range
    shaded = [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.showlegend]
    assert shaded == left_out(len(recording), done)[:1]
    assert len(figure.layout.shapes) == 6
    assert len(figure.to_json()) < 150_000


def test_the_table_has_a_line_for_every_operator(recording):
    done = tfjp(recording)
    (table,) = (trace for trace in tfjp_figure(recording, done).data if trace.type == "table")
    numbers, operators, work, lengths = table.cells["values"]
    assert list(operators) == [step.operator for step in done.log]
    assert list(numbers) == [step.number for step in done.log]
    assert lengths[-1] == f"{len(done.samples) / RATE:.2f} s"
    assert work[0].endswith("of 3 pauses") and work[1] == "floor at -61 dB"
    assert "stable" in table.header["values"][2]


def test_the_cap_is_told(decay):
    done = tfjp(decay)
    assert done.stopped == "cap"
    figure = tfjp_figure(decay, done)
    assert "cap" in figure.data[-1].header["values"][2]
    assert left_out(len(decay), done) == [(len(done.samples) / RATE, 3.0)]


def test_a_filled_up_clip_has_nothing_left_out():
    ring = np.sin(np.arange(3000) / 5).astype(np.float32)  # 0.19 s, filled up to 0.2 s
    assert left_out(3000, tfjp(ring)) == []
    assert len(tfjp_figure(ring, tfjp(ring)).layout.shapes) == 0


def test_another_recording_is_refused(recording):
    with pytest.raises(UserError, match="recording of 16000 samples"):
        tfjp_figure(recording[:RATE], tfjp(recording))


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (Step(1, "silence_cut", 1.0, ((0.0, 0.5), (1.0, 1.25))), "0.75 s of 2 pauses"),
        (Step(1, "silence_cut", 1.0, ((0.0, 0.5),)), "0.50 s of 1 pause"),
        (Step(1, "silence_cut", 1.0), "nothing to cut"),
        (Step(1, "noise_profile", 1.0, level_db=-60.4), "floor at -60 dB"),
        (Step(1, "noise_profile", 1.0), "no floor apart"),
        (Step(1, "denoise", 1.0, level_db=-62.0), "took noise of -62 dB"),
        (Step(1, "denoise", 1.0), "nothing taken"),
        (Step(1, "core_locate", 1.0, ((0.31, 0.5),)), "core 0.31 to 0.50 s"),
        (Step(1, "boundary_norm", 1.0, ((0.2, 0.6),)), "grid 0.2 to 0.6 s"),
        (Step(1, "spec_smooth", 0.4), "20 ms tapers"),
    ],
)
def test_operators_are_described_in_words(step, says):
    assert describe(step) == says
