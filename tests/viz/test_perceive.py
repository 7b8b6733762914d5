import numpy as np
import pytest

from audio_interaction.benchmarks.bootstrap import Interval
from audio_interaction.errors import UserError
from audio_interaction.viz.figures import chunks_figure, continuity_figure, similarity_figure

KILOBYTES_150 = 150_000


@pytest.fixture(scope="module")
def sound():
    time = np.arange(12_800 + 100) / 16_000  # two chunks and a little
    return (0.3 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)


@pytest.fixture(scope="module")
def frames():
    return np.random.default_rng(0).standard_normal((3, 10, 96)).astype(np.float32)


def test_sound_and_frames_share_one_axis_of_seconds(sound, frames):
    figure = chunks_figure(sound, frames, title="Three chunks")
    _, mel, picture = figure.data
    assert mel.z.shape == (80, 120) and picture.z.shape == (48, 30)
    for each in (mel, picture):
        assert each.x0 - each.dx / 2 == pytest.approx(0)
        assert each.dx * each.z.shape[1] == pytest.approx(1.2)
    assert {tuple(axis.range) for axis in figure.select_xaxes()} == {(0, 1.2)}
    borders = {round(shape.x0, 6) for shape in figure.layout.shapes}
    assert borders == {0.4, 0.8} and len(figure.layout.shapes) == 6
    loudest = np.asarray(mel.z)[:, 40].argmax()
    ticks = figure.layout.yaxis2
    assert loudest == pytest.approx(ticks.tickvals[ticks.ticktext.index("1000")], abs=1)
    assert np.abs(picture.z).max() <= 2.5


def test_eight_chunks_fit_and_nine_do_not(frames):
    noise = np.random.default_rng(0).standard_normal(9 * 6_400).astype(np.float32) * 0.1
    many = np.repeat(frames, 3, axis=0)
    figure = chunks_figure(noise[: 8 * 6_400], many[:8])
    assert len(figure.to_json()) < KILOBYTES_150
    for samples, given in ((noise, many), (noise[:0], many[:0]), (noise[:6_400], many[:2])):
        with pytest.raises(UserError, match="1 to 8 chunks and their frames"):
            chunks_figure(samples, given)


def test_similarities_of_frames_and_borders(frames):
    same = np.ones((2, 10, 4))
    figure = similarity_figure({"noise": frames, "constant": same})
    noise, constant = figure.data
    np.testing.assert_allclose(np.diag(noise.z), 1)
    np.testing.assert_allclose(constant.z, 1)
    assert noise.z.shape == (30, 30) and noise.z.max() == 1
    expected = frames[0, 9] @ frames[1, 0]
    expected /= np.linalg.norm(frames[0, 9]) * np.linalg.norm(frames[1, 0])
    assert noise.z[9, 10] == pytest.approx(expected, abs=0.006)
    assert [text.text for text in figure.layout.annotations] == ["noise", "constant"]
    assert len(figure.layout.shapes) == 2 * (2 + 1)
    assert tuple(figure.layout.yaxis.range) == (1.2, 0)
    assert {trace.coloraxis for trace in figure.data} == {"coloraxis"}


def test_three_large_panels_stay_small():
    large = np.random.default_rng(0).standard_normal((6, 10, 384))
    assert len(similarity_figure(dict.fromkeys("abc", large)).to_json()) < KILOBYTES_150


def test_what_is_no_frames_is_refused(frames):
    with pytest.raises(UserError, match=r"\(chunks, 10, width\).*\(30, 96\)"):
        similarity_figure({"flat": frames.reshape(30, 96)})
    for given in ({}, dict.fromkeys("abcd", frames), {"long": np.repeat(frames, 3, axis=0)}):
        with pytest.raises(UserError, match="1 to 3 panels"):
            similarity_figure(given)


def test_every_line_of_continuity_has_its_intervals():
    high = {"encoder": Interval(0.5, 0.45, 0.6, 4), "layer 0": Interval(0.7, 0.65, 0.75, 4)}
    low = {"encoder": Interval(-0.1, -0.2, 0.1, 4)}
    figure = continuity_figure({"neighbours": high, "strangers": low}, title="By stage")
    first, second = figure.data
    assert first.y.tolist() == [0.5, 0.7] and second.y.tolist() == [-0.1]
    np.testing.assert_allclose(first.error_y.array, [0.1, 0.05])
    np.testing.assert_allclose(first.error_y.arrayminus, [0.05, 0.05])
    assert first.x[0] < 0 < second.x[0] and first.x[1] == pytest.approx(0.98)
    assert figure.layout.xaxis.ticktext == ("encoder", "layer 0")
    assert figure.layout.yaxis.range[0] < -0.1
    assert first.marker.symbol != second.marker.symbol  # not by colour alone
    assert figure.layout.shapes[0].y0 == 1


def test_continuity_needs_lines_and_values():
    with pytest.raises(UserError, match="without a line"):
        continuity_figure({})
    with pytest.raises(UserError, match="'apart' is undefined at encoder"):
        continuity_figure({"apart": {"encoder": Interval(None, None, None, 0)}})
