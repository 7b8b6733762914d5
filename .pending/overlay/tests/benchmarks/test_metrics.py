"""One hand-computed stream for each count, then sums of them.

s     0         1         2         3         4         5         6
chunk 0    1    2    3    4    5    6    7    8    9    10   11   12   13   14
"""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import jiwer
import numpy as np
import pytest

from audio_interaction.benchmarks.bootstrap import Interval
from audio_interaction.benchmarks.metrics import (
    ASR,
    COUNTS,
    DECIDE,
    METRICS,
    SOUNDS,
    TEXT,
    normalise,
    says,
    score,
    summarise,
    triggers,
    word_errors,
)
from audio_interaction.corpus.schema import Event, Response, Stream

CHUNKS = 50  # 20 s


@dataclass
class Said:
    chunk: int
    text: str = ""


def stream(events=(), responses=(), task="chat"):
    return Stream("s", "test", task, "", np.zeros(0, np.float32), tuple(events), tuple(responses))


QUESTION = Event(1.0, 2.0, "speech", "what comes after two", clip="q")
STATEMENT = Event(4.0, 5.0, "speech", "anna called me", clip="s")
BED = Event(0.0, 20.0, "sound", "noise", role="amb")
CHAT = stream([BED, QUESTION, STATEMENT], [Response(1.0, 2.0, "three")])


def values(scores, names):
    return {name: found.value for name, found in summarise(scores, names).items()}


def test_a_good_listener():
    got = score(CHAT, [Said(5, "Three.")], CHUNKS)
    assert got.counts["hits"] == 1
    assert got.counts["misses"] == got.counts["alarms"] == got.counts["early"] == 0
    assert got.counts["quiet"] == got.counts["quiet_total"] == 1  # the bed is no event
    assert got.counts["answer_right"] == got.counts["answer_total"] == 1
    assert got.delays == (pytest.approx(0.4),)
    assert values([got], ["f1", "balanced", "answer_accuracy", "median_delay"]) == {
        "f1": 1.0,
        "balanced": 1.0,
        "answer_accuracy": 1.0,
        "median_delay": pytest.approx(0.4),
    }


def test_always_silent_scores_exactly():
    got = values([score(CHAT, [], CHUNKS)], DECIDE)
    assert got == {
        "precision": None,
        "recall": 0.0,
        "f1": 0.0,
        "balanced": 0.5,
        "early_share": 0.0,
        "false_alarms_per_hour": None,
        "median_delay": None,
    }


def test_always_respond_is_early_for_everything_and_disturbs_everything():
    got = score(CHAT, [Said(chunk) for chunk in range(CHUNKS)], CHUNKS)
    assert got.counts["early"] == got.counts["misses"] == 1
    assert got.counts["alarms"] == CHUNKS
    assert got.counts["quiet"] == 0
    assert values([got], ["balanced", "f1", "early_share"]) == {
        "balanced": 0.0,
        "f1": 0.0,
        "early_share": 1.0,
    }


@pytest.mark.parametrize(
    ("chunk", "quiet"),
    [(9, 1), (10, 0), (12, 0), (14, 0), (15, 1)],  # the statement: chunks 10 to 12, and two more
)
def test_quiet_from_the_first_chunk_of_an_event_to_two_after_its_last(chunk, quiet):
    got = score(CHAT, [Said(chunk)], CHUNKS)
    assert (got.counts["quiet"], got.counts["quiet_total"]) == (quiet, 1)


def test_the_answer_to_something_else_does_not_disturb():
    late = replace(STATEMENT, start=2.1, end=3.0)
    one = stream([QUESTION, late], CHAT.responses)
    assert score(one, [Said(5)], CHUNKS).counts["quiet"] == 1
    assert score(one, [Said(5), Said(6)], CHUNKS).counts["quiet"] == 0


def test_pooled_ratios_by_hand():
    # hit + false alarm; miss; hit. precision 2/3, recall 2/3, F1 4 / (4 + 1 + 1).
    scores = [
        score(CHAT, [Said(4), Said(30)], CHUNKS),
        score(CHAT, [], CHUNKS),
        score(CHAT, [Said(6)], CHUNKS),
    ]
    got = values(scores, ["precision", "recall", "f1", "balanced", "median_delay"])
    assert got == {
        "precision": pytest.approx(2 / 3),
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(2 / 3),
        "balanced": pytest.approx((2 / 3 + 1) / 2),
        "median_delay": pytest.approx(0.0),  # the lower of 0.0 and 0.8 s
    }
    assert summarise(scores, ["f1"])["f1"].items == 3


def test_false_alarms_per_hour_only_of_streams_that_call_for_nothing():
    negative = stream([STATEMENT], task="negative")
    scores = [
        score(negative, [Said(3), Said(12)], CHUNKS),  # 20 s each
        score(negative, [], CHUNKS),
        score(CHAT, [Said(30)], CHUNKS),  # a false alarm elsewhere
    ]
    got = summarise(scores, ["false_alarms_per_hour"])["false_alarms_per_hour"]
    assert got.value == pytest.approx(2 / (40 / 3600))
    assert got.items == 2


def test_replies_are_compared_as_words_and_unanswered_is_wrong():
    responses = [
        Response(1.0, 2.0, "three"),
        Response(5.0, 6.0, "paris"),
        Response(9.0, 10.0, "calling anna", kind="confirm"),
        Response(13.0, 14.0, "calling tom", kind="confirm"),
    ]
    said = [Said(5, "THREE!"), Said(15, "rome"), Said(24, "calling anna")]
    got = values([score(stream([], responses), said, CHUNKS)], TEXT)
    assert got["question_accuracy"] == 0.5
    assert got["command_accuracy"] == 0.5
    assert got["answer_accuracy"] == 0.5
    assert got["naming_accuracy"] is None


def test_count_watch_and_warning():
    responses = [
        Response(1.0, 2.0, "one", kind="count"),
        Response(3.0, 4.0, "two", kind="count"),
        Response(6.0, 7.0, "a bell", kind="watch"),
        Response(9.0, 10.0, "careful i hear a horn watch out", kind="warn"),
    ]
    said = [Said(5, "one"), Said(10, "one"), Said(18, "a bell"), Said(25, "careful")]
    got = values([score(stream([], responses), said, CHUNKS)], TEXT)
    assert got["count_accuracy"] == 0.5
    assert got["watch_accuracy"] == 1.0
    assert got["warning_accuracy"] == 0.0


def test_naming_needs_the_label_only_and_is_split_by_origin():
    clips = {
        "real": SimpleNamespace(recorded=True),
        "made": SimpleNamespace(recorded=False),
    }
    events = [
        Event(0.5, 1.0, "sound", "bell", clip="real"),
        Event(1.5, 2.0, "speech", "what was that"),
        Event(4.5, 5.0, "sound", "glass", clip="made"),
        Event(5.5, 6.0, "speech", "what was that"),
        Event(8.0, 9.0, "sound", "horn", clip="made"),
    ]
    responses = [
        Response(1.5, 2.0, "a bell", kind="name"),
        Response(5.5, 6.0, "glass breaking", kind="name"),
        Response(8.0, 9.0, "careful i hear a horn watch out", kind="warn"),
    ]
    said = [Said(5, "that was the bell"), Said(15, "breaking glass"), Said(23, "careful")]
    one = stream(events, responses)
    got = values([score(one, said, CHUNKS, clips)], SOUNDS + ("naming_accuracy",))
    assert got == {
        "naming_accuracy": 0.5,
        "naming_recorded": 1.0,
        "naming_synthesised": 0.0,
        "recall_recorded": 1.0,
        "recall_synthesised": 1.0,
    }
    missed = values([score(one, [], CHUNKS, clips)], SOUNDS)
    assert set(missed.values()) == {0.0}
    unknown = values([score(one, said, CHUNKS)], SOUNDS)
    assert set(unknown.values()) == {None}


def transcript(*words):
    """An ASR stream from (word, end): every word is 0.3 s long."""
    return stream(
        [Event(words[0][1] - 0.3, words[-1][1], "speech", " ".join(w for w, _ in words), clip="c")],
        [Response(end - 0.3, end, word, kind="transcript") for word, end in words],
        "asr_clean",
    )


ASR_STREAM = transcript(("one", 1.1), ("two", 1.5), ("three", 1.9), ("Four", 2.3))


def test_words_that_end_in_one_chunk_are_one_trigger():
    groups = triggers(transcript(("one", 0.9), ("two", 1.2), ("three", 1.3)))
    assert [(g.text, g.start, g.end) for g in groups] == [
        ("one two", pytest.approx(0.6), 1.2),
        ("three", pytest.approx(1.0), 1.3),
    ]
    assert triggers(CHAT) == CHAT.responses


def test_transcription_is_scored_apart():
    # Groups due at chunks 2, 3, 4, 5; spoken one chunk later, the third one left out.
    said = [Said(3, "one"), Said(4, "too"), Said(6, "four")]
    got = score(ASR_STREAM, said, CHUNKS)
    assert got.asr and got.counts["hits"] == 3 and got.counts["misses"] == 1
    assert got.counts["alarms"] == 0
    assert (got.counts["errors"], got.counts["words"]) == (2, 4)  # one wrong, one left out
    assert values([got], ["wer", "recall"]) == {"wer": 0.5, "recall": 0.75}
    assert not any(
        name.endswith(("_right", "_total")) for name in got.counts if "quiet" not in name
    )


def test_silence_is_one_hundred_percent_wer():
    assert values([score(ASR_STREAM, [], CHUNKS)], ASR)["wer"] == 1.0


def test_corpus_wer_is_that_of_jiwer_over_all_texts():
    references = ["one two three four", "five six", "seven"]
    hypotheses = ["one two tree", "", "seven eight nine"]
    pairs = [word_errors(r, h) for r, h in zip(references, hypotheses, strict=True)]
    errors, words = map(sum, zip(*pairs, strict=True))
    assert (errors, words) == (2 + 2 + 2, 7)
    assert errors / words == jiwer.process_words(references, hypotheses).wer


def test_engine_of_a_stream():
    clips = {"c": SimpleNamespace(engine="flite"), "d": SimpleNamespace(engine="espeak")}
    assert score(ASR_STREAM, [], CHUNKS, clips).engine == "flite"
    other = Event(5.0, 6.0, "speech", "x", clip="d")
    both = stream([*ASR_STREAM.events, other], ASR_STREAM.responses)
    assert score(both, [], CHUNKS, clips).engine == "several"
    assert score(ASR_STREAM, [], CHUNKS).engine == ""


def test_no_streams_leave_every_metric_undefined():
    for found in summarise([], METRICS).values():
        assert found == Interval(None, None, None, 0)


def test_every_count_is_declared():
    scores = [score(one, [Said(3)], CHUNKS) for one in (CHAT, ASR_STREAM, stream())]
    assert {name for one in scores for name in one.counts} <= set(COUNTS)


def test_texts():
    assert normalise("  It's  a BELL, twice. ") == "it's a bell twice"
    assert says("i hear glass breaking now", "glass breaking")
    assert says("a cow", "a cow") and says("cow", "a cow")
    assert not says("a coward", "a cow")
    assert not says("", "a cow")
