import base64

import plotly.graph_objects as go
import pytest

from audio_interaction.viz import export, theme
from audio_interaction.viz.decide import decide_figure


@pytest.fixture
def figure():
    return go.Figure(go.Scatter(y=[1, 3, 2]), theme.LOOK)


@pytest.fixture
def displayed(monkeypatch):
    """What a notebook would get."""
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    return shown


@pytest.fixture
def no_chrome(monkeypatch):
    monkeypatch.setenv("BROWSER_PATH", "")


needs_chrome = pytest.mark.skipif(not export.can_draw(), reason="needs kaleido and a Chrome")


def png_size(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def test_without_a_chrome_the_live_figure_is_kept(figure, displayed, no_chrome, tmp_path):
    assert not export.can_draw()
    export.show(figure, "line", tmp_path)
    (bundle,) = displayed
    assert "image/png" not in bundle
    assert bundle[export.MIME]["data"][0]["type"] == "scatter"
    assert bundle[export.MIME]["config"]["toImageButtonOptions"]["filename"] == "line"
    assert [path.name for path in tmp_path.iterdir()] == ["line.html"]


def test_saved_page_is_self_contained_or_not(figure, no_chrome, tmp_path):
    (whole,) = export.save(figure, tmp_path / "v1.2")
    assert whole == tmp_path / "v1.2.html" and "<script src" not in whole.read_text()
    (small,) = export.save(figure, tmp_path / "small", self_contained=False)
    assert small.stat().st_size < 20_000


def test_a_broken_chrome_costs_the_picture_alone(figure, monkeypatch, tmp_path):
    monkeypatch.setenv("BROWSER_PATH", "/bin/false")
    monkeypatch.setattr("kaleido.start_sync_server", _refuse)
    with pytest.warns(UserWarning, match="no static picture.*cannot start"):
        assert [path.suffix for path in export.save(figure, tmp_path / "line")] == [".html"]


def _refuse(**_):
    raise RuntimeError("cannot start")


@needs_chrome
def test_with_a_chrome_both_are_shown_in_one_output(figure, displayed):
    export.show(figure, "line")
    (bundle,) = displayed
    assert png_size(base64.b64decode(bundle["image/png"])) == (theme.WIDTH, 460)
    assert export.MIME in bundle


@needs_chrome
def test_pictures_stay_small(heard, tmp_path):
    drawn = decide_figure(heard.samples, heard.transcript, heard.stream)
    page, picture = export.save(drawn, tmp_path / "decide")
    assert picture.name == "decide.png"
    assert png_size(picture.read_bytes()) == (theme.WIDTH, drawn.layout.height)
    assert picture.stat().st_size < 150_000
