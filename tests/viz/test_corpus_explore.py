import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audio_interaction.corpus.build import build_corpus
from audio_interaction.corpus.card import CAPTIONS
from audio_interaction.corpus.counts import count, merged, timelines
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.errors import UserError
from audio_interaction.viz.corpus_explore import (
    CORPUS_FIGURES,
    density_figure,
    draw_corpus,
    durations_figure,
    silence_figure,
    snr_figure,
    subtasks_figure,
)
from audio_interaction.viz.export import can_draw


@pytest.fixture(scope="module")
def folder(tmp_path_factory, sources_root):
    folder = tmp_path_factory.mktemp("explore") / "corpus"
    build_corpus(folder, {"train": 2 * len(TASKS), "test": len(TASKS)}, 0, root=sources_root)
    return folder


@pytest.fixture(scope="module")
def totals(folder):
    return count(timelines(folder))


def test_every_figure_has_a_caption_and_is_light(totals):
    assert list(CORPUS_FIGURES) == list(CAPTIONS)
    for name, figure in CORPUS_FIGURES.items():
        drawn = figure(totals)
        assert drawn.layout.title.text == CAPTIONS[name]
        assert len(drawn.to_json()) < 60_000


def test_the_sunburst_has_every_task_in_its_ability(totals):
    (trace,) = subtasks_figure(totals).data
    values = dict(zip(trace.ids, trace.values, strict=True))
    parents = dict(zip(trace.ids, trace.parents, strict=True))
    assert {name for name, parent in parents.items() if not parent} == {
        task.ability for task in TASKS.values()
    }
    for task in TASKS.values():
        assert values[f"{task.ability}/{task.name}"] == 3
        assert parents[f"{task.ability}/{task.name}"] == task.ability


def test_histograms_count_every_stream_once(totals):
    whole = merged(totals.values())
    assert sum(durations_figure(totals).data[0].y) == whole.streams
    figure = snr_figure(totals)
    assert sum(figure.data[0].y) == len(whole.snr_db)
    noisy = sum(ratio < 12 for ratio in whole.snr_db)
    texts = [note.text for note in figure.layout.annotations]
    assert texts[0].startswith(f"{noisy} noisy")
    assert texts[1].startswith(f"{whole.streams - len(whole.snr_db)} streams")
    edges = figure.data[0].x - figure.data[0].width / 2
    assert all(edge % 2 == 0 for edge in edges)  # 12 dB is an edge


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        (density_figure, lambda own: own.responses / own.hours),
        (silence_figure, lambda own: 100 * own.silence),
    ],
)
def test_tasks_have_a_bar_and_a_mark_for_each_split(totals, figure, value):
    drawn = figure(totals)
    bars = {
        task: x
        for trace in drawn.data
        if trace.type == "bar"
        for x, task in zip(trace.x, trace.y[1], strict=True)
    }
    marks = {trace.name: trace for trace in drawn.data if trace.type == "scatter"}
    assert {*bars} == {*TASKS} and list(marks) == ["train", "test"]
    both = merged(part for key, part in totals.items() if key[2] == "chat")
    assert bars["chat"] == pytest.approx(value(both))
    test = dict(zip(marks["test"].y[1], marks["test"].x, strict=True))
    assert test["chat"] == pytest.approx(value(totals["test", "voice chat", "chat"]))
    assert len({trace.marker.symbol for trace in marks.values()}) == 2


def test_without_a_noise_bed_there_is_no_ratio(folder, tmp_path, monkeypatch):
    (path, *_) = sorted(folder.glob("test-*.parquet"))
    rows = [row | {"snr_db": None} for row in pq.read_table(path).to_pylist()]
    quiet = count(pa.Table.from_pylist(rows, pq.read_schema(path)).to_pylist())
    with pytest.raises(UserError, match="no stream has a noise bed"):
        snr_figure(quiet)


def test_no_picture_without_a_chrome(folder, monkeypatch):
    monkeypatch.setenv("BROWSER_PATH", "")
    assert draw_corpus(folder) == [] and not (folder / "figures").exists()


@pytest.mark.skipif(not can_draw(), reason="no Chrome")
def test_pictures_are_drawn_beside_the_corpus(folder):
    drawn = draw_corpus(folder)
    assert [path.name for path in drawn] == [f"{name}.png" for name in CORPUS_FIGURES]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in drawn)
