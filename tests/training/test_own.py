"""Training on a corpus in a folder."""

import json

import numpy as np
import pytest
import soundfile
import torch

from audio_interaction.corpus import own as import_module
from audio_interaction.corpus.build import build_corpus
from audio_interaction.corpus.jsonl import NO_RESPONSE
from audio_interaction.corpus.labels import decision_chunks
from audio_interaction.corpus.own import import_folder
from audio_interaction.corpus.schema import Event, Response, Stream, Word
from audio_interaction.corpus.sources import load_sources
from audio_interaction.errors import UserError
from audio_interaction.model.interaction import load_model
from audio_interaction.protocol import CHUNK_SECONDS
from audio_interaction.training import train as train_module
from audio_interaction.training.data import EncodedStream, stream_layout
from audio_interaction.training.own import corpus_streams, windows
from audio_interaction.training.recipe import AdapterRecipe, Optimisation
from audio_interaction.training.train import run_training

RATE = 16_000


@pytest.fixture(scope="module")
def imported(sources_root, tmp_path_factory):
    """A corpus of one long and three short recordings, as a user would bring it."""
    folder = tmp_path_factory.mktemp("own")
    rng = np.random.default_rng(0)
    for name, seconds in (("short", 1.0), ("long", 40.0)):
        soundfile.write(folder / f"{name}.wav", rng.uniform(-0.3, 0.3, int(seconds * RATE)), RATE)
    short = {"audio_path": "short.wav", "assistant": "a bell", "emotion": "urgent"}
    quiet = short | {"assistant": NO_RESPONSE}
    long = {"audio_path": "long.wav", "assistant": "that was rain"}
    rows = [
        {"conversation": [long, long, short], "split": "train"},
        {"conversation": [short, quiet, short], "split": "train"},
        {"conversation": [short, quiet], "split": "validation"},
        {"conversation": [quiet], "split": "test"},
    ]
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module, "load_sources", lambda s: load_sources(s, sources_root))
        import_folder(path, None, folder / "corpus")
    return folder / "corpus"


def encoded(chunks: int, events=(), responses=()) -> EncodedStream:
    stream = Stream("s", "train", "own", "listen", np.zeros(0, np.float32), events, responses)
    frames = torch.arange(chunks * 10).half().reshape(-1, 1)
    return EncodedStream(stream, chunks, frames)


def test_a_short_stream_is_one_window():
    whole = encoded(150)
    assert windows(whole) == [whole]


def test_windows_are_cut_in_the_quiet_and_hold_everything_once():
    rng = np.random.default_rng(3)
    for _ in range(20):
        at, events, responses = 0.0, [], []
        while at < 190:
            start = at + rng.uniform(0.8, 2.4)
            at = start + rng.uniform(0.3, 12.0)
            words = (Word("one", start, at),)
            events.append(Event(start, at, "speech", f"{start}", words=words))
            if rng.random() < 0.7:
                responses.append(Response(start, at, f"{len(responses)}"))
        whole = encoded(int(at / 0.4) + 3, tuple(events), tuple(responses))
        parts = windows(whole)
        assert all(part.num_chunks <= 150 for part in parts) and len(parts) < 8
        assert torch.equal(torch.cat([part.frames for part in parts]), whole.frames)
        assert [e.text for part in parts for e in part.stream.events] == [e.text for e in events]
        assert len({part.stream.id for part in parts}) == len(parts)
        said, offset = {}, 0
        for part in parts:
            assert len(part.frames) == 10 * part.num_chunks
            for event in part.stream.events:
                assert 0 <= event.start < event.end <= part.num_chunks * CHUNK_SECONDS + 1e-9
                assert len(event.words) == 1
            placed = decision_chunks(part.stream, part.num_chunks, 0.24)
            said |= {offset + chunk: reply for chunk, reply in placed.items()}
            offset += part.num_chunks
        assert said == decision_chunks(whole.stream, whole.num_chunks, 0.24)


def test_a_recording_without_quiet_is_cut_through():
    event, reply = Event(0.0, 100.0, "sound", ""), Response(0.0, 100.0, "rain")
    parts = windows(encoded(260, (event,), (reply,)))
    assert [part.num_chunks for part in parts] == [150, 110]
    assert [len(part.stream.responses) for part in parts] == [0, 1]
    assert parts[1].stream.responses[0].end == pytest.approx(40.0)


def test_a_cut_never_parts_a_trigger_from_its_reply():
    for end in np.arange(59.0, 61.0, 0.05):
        reply = Response(end - 1, float(end), "yes")
        parts = windows(encoded(300, (), (reply,)))
        assert sum(len(part.stream.responses) for part in parts) == 1
        for part in parts:
            decision_chunks(part.stream, part.num_chunks, 0.24)


def test_streams_of_a_corpus_are_encoded(untrained, imported, tmp_path):
    streams = corpus_streams(untrained, imported, "train", tmp_path, 10)
    assert len(streams) == 3  # the first is longer than a minute
    assert all(one.num_chunks <= 150 for one in streams)
    said = [r.text for one in streams for r in one.stream.responses]
    assert said == ["that was rain"] * 2 + ["a bell"] * 3
    layout = stream_layout(untrained, streams[-1], 0.18)
    assert sum(layout.is_frame) == len(streams[-1].frames)
    again = corpus_streams(untrained, imported, "train", tmp_path, 10)
    assert [one.stream for one in again] == [one.stream for one in streams]
    assert len(corpus_streams(untrained, imported, "train", tmp_path, 1)) == 2


def test_a_built_corpus_may_be_trained_on_too(untrained, sources_root, tmp_path):
    build_corpus(tmp_path / "c", {"train": 2}, 1, tasks=["chat"], root=sources_root)
    streams = corpus_streams(untrained, tmp_path / "c", "train", tmp_path / "cache", 2)
    assert [one.stream.task for one in streams] == ["chat", "chat"]


def test_a_split_that_cannot_be_used_is_told_of(untrained, imported, sources_root, tmp_path):
    with pytest.raises(UserError, match="no test stream has a reply"):
        corpus_streams(untrained, imported, "test", tmp_path, 10)
    build_corpus(tmp_path / "c", {"train": 1}, 1, tasks=["chat"], root=sources_root)
    with pytest.raises(UserError, match="has no validation streams"):
        corpus_streams(untrained, tmp_path / "c", "validation", tmp_path, 10)


def test_two_steps_on_own_recordings(untrained, imported, sources_root, tmp_path, monkeypatch):
    monkeypatch.setattr(train_module, "load_sources", lambda s: load_sources(s, sources_root))
    recipe = AdapterRecipe(
        Optimisation(2, 1e-3, batch_positions=2200),
        corpus=str(imported),
        validate_every=1,
        rank=4,
        replay_positions=512,
        replay_speech=8,
        replay_variants=1,
        replay_sound_variants=0,
    )
    model = run_training(recipe, tmp_path / "adapter", tmp_path / "cache")
    assert json.loads((tmp_path / "adapter" / "recipe.json").read_text())["corpus"]
    again = load_model(recipe.base, adapter=tmp_path / "adapter")
    assert again.adapted and model.adapted
    log = (tmp_path / "adapter" / "log" / "metrics.csv").read_text()
    assert "validation_p_at_events" in log and "nan" not in log
