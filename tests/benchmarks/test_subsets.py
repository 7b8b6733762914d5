from dataclasses import replace

import numpy as np
import pytest

from audio_interaction.benchmarks.baselines import always_respond, always_silent
from audio_interaction.benchmarks.bootstrap import Interval
from audio_interaction.benchmarks.evaluate import score_policy
from audio_interaction.benchmarks.metrics import DECIDE, summarise
from audio_interaction.benchmarks.report import Report
from audio_interaction.benchmarks.subsets import (
    NOISY_DB,
    SUBSETS,
    by_subset,
    subset_of,
    subset_table,
)
from audio_interaction.corpus.build import compose_streams
from audio_interaction.corpus.schema import Event, Stream
from audio_interaction.corpus.sources import load_sources
from audio_interaction.errors import UserError


@pytest.fixture(scope="module")
def clips(sources):
    return {clip.id: clip for clip in (*sources.clips, *load_sources("test").recorded)}


@pytest.fixture(scope="module")
def streams(sources):
    tasks = ["chat", "asr_clean", "negative", "watch_sound", "asr_noisy"]
    return compose_streams("test", 4 * len(tasks), 0, tasks=tasks, sources=sources)


@pytest.fixture(scope="module")
def scores(streams, clips):
    return score_policy(always_respond, streams, clips)


def stream_of(*events, snr_db=None, rt60_s=None):
    audio = np.zeros(0, np.float32)
    return Stream("s", "test", "chat", "", audio, events, (), snr_db, rt60_s)


def event(kind="sound", clip="", source="", role="fg"):
    return Event(0.0, 1.0, kind, "x", role, source, clip)


def test_noise_and_rooms_are_read_from_the_record():
    assert subset_of(stream_of(), {}) == {"clean", "dry"}
    assert subset_of(stream_of(snr_db=NOISY_DB), {}) == {"clean", "dry"}
    assert subset_of(stream_of(snr_db=NOISY_DB - 0.1), {}) == {"noisy", "dry"}
    assert subset_of(stream_of(snr_db=5.0, rt60_s=0.4), {}) == {"noisy", "reverberant"}


def test_what_is_recorded_is_read_from_the_clips(sources, clips):
    recorded = next(clip for clip in sources.sounds if clip.recorded)
    made = next(clip for clip in sources.sounds if not clip.recorded)
    prompt, rendered = load_sources("test").recorded[0], sources.speech[0]

    def marks(*events):
        return subset_of(stream_of(*events), clips) - {"clean", "dry"}

    assert marks(event(clip=recorded.id)) == {"recorded sounds"}
    assert marks(event(clip=f"{recorded.id}+tfjp")) == {"recorded sounds"}
    assert marks(event(clip=made.id), event(clip=recorded.id)) == {
        "recorded sounds",
        "synthesised sounds",
    }
    assert marks(event(clip="made-for-this-stream", source="synthesis")) == {"synthesised sounds"}
    assert marks(event("speech", prompt.id)) == {"recorded speech"}
    assert marks(event("speech", rendered.id)) == set()
    assert marks(event(clip="unheard-of", source="elsewhere")) == set()
    assert marks(event(clip=recorded.id, role="amb")) == set()  # the bed is no event


def test_a_subset_is_the_metrics_of_its_streams(streams, scores, clips):
    results = by_subset(scores, streams, clips)
    for subset, metrics in results.items():
        own = {stream.id for stream in streams if subset in subset_of(stream, clips)}
        assert own
        spoken = [s for s in scores if s.stream in own and not s.asr]
        written = [s for s in scores if s.stream in own and s.asr]
        assert {name: metrics[name] for name in DECIDE} == summarise(spoken, DECIDE)
        assert metrics["wer"] == summarise(written, ["wer"])["wer"]
    assert [*results] == [subset for subset in SUBSETS if subset in results]
    assert {"clean", "noisy", "recorded sounds", "synthesised sounds"} <= {*results}
    assert "recorded speech" not in results  # these sources have none


def test_clean_and_noisy_streams_are_all_streams_and_so_are_dry_and_reverberant(
    streams, scores, clips
):
    results = by_subset(scores, streams, clips)
    triggers = summarise([s for s in scores if not s.asr], ["recall"])["recall"].items
    for pair in (("clean", "noisy"), ("dry", "reverberant")):
        assert sum(results[subset]["recall"].items for subset in pair) == triggers
    assert results["noisy"]["wer"].items > 0


def test_reverberant_streams_are_told_apart(streams, clips):
    half = [replace(s, rt60_s=0.5 if i % 2 else None) for i, s in enumerate(streams)]
    results = by_subset(score_policy(always_silent, half, clips), half, clips)
    expected = sum(len(s.responses) for s in half[1::2] if not s.task.startswith("asr"))
    assert results["reverberant"]["recall"].items == expected
    assert results["reverberant"]["recall"].value == 0.0


def test_the_table_stands_in_a_report(streams, scores, clips):
    table = subset_table(by_subset(scores, streams, clips))
    text = Report("r", "t", {}, [table]).markdown()
    assert "| noisy" in text and "below 12 dB" in text and "WER, %" in text
    quiet = by_subset([s for s in scores if not s.asr], streams, clips)
    assert "WER" not in subset_table(quiet).markdown()
    assert all(isinstance(cell, Interval) for row in table.rows for cell in row.cells)


def test_scores_need_their_streams(streams, scores, clips):
    with pytest.raises(UserError, match="no record of the scored streams test-"):
        by_subset(scores, streams[:1], clips)
    with pytest.raises(UserError, match="no subset holds a stream"):
        subset_table({})
