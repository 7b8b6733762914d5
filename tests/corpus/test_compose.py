import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_interaction.audio.io import encode
from audio_interaction.audio.mixing import PEAK, fade, rms
from audio_interaction.corpus import compose as composing
from audio_interaction.corpus.compose import Bed, Cue, arrange, compose, mix, noise_bed
from audio_interaction.corpus.sources import SoundClip
from audio_interaction.errors import UserError

SEEDS = st.integers(0, 2**32 - 1)
CHUNK = 6400


def cues_of(sources) -> list[Cue]:
    question = sources.said("question")[0]
    return [
        Cue(question, question.answer, "answer"),
        Cue(sources.heard("alarm")[0], "careful", "warn", "urgent"),
        Cue(sources.said("digits")[0], sources.said("digits")[0].text, "transcript"),
        Cue(sources.heard("bell")[0]),
        Cue(sources.heard("bird")[0], role="bg"),
    ]


@given(seed=SEEDS)
def test_a_score_is_in_order_and_leaves_room(train, seed):
    score = arrange(cues_of(train), np.random.default_rng(seed))
    assert len(score.foreground) % CHUNK == 0
    total = len(score.foreground) / 16_000
    assert [event.start for event in score.events] == sorted(e.start for e in score.events)
    assert [r.end for r in score.responses] == sorted(r.end for r in score.responses)
    own = [event for event in score.events if event.role == "fg"]
    assert 0.4 <= own[0].start <= 2.0
    assert 1.2 <= total - own[-1].end <= 2.0 + 0.4
    gaps = [after.start - before.end for before, after in zip(own, own[1:], strict=False)]
    assert all(0.8 - 1e-4 <= gap <= 2.4 + 1e-4 for gap in gaps)
    assert gaps[1] >= 1.2 - 1e-4  # a reply to the alarm is due
    behind = next(event for event in score.events if event.role == "bg")
    assert 0 <= behind.start < behind.end <= total


@given(seed=SEEDS)
def test_a_reply_is_triggered_by_its_own_event(train, seed):
    score = arrange(cues_of(train), np.random.default_rng(seed))
    asked, alarm, digits, _ = [event for event in score.events if event.role == "fg"]
    answer, warning, *words = score.responses
    assert (answer.start, answer.end) == (asked.start, asked.words[-1].end)
    assert (warning.start, warning.end, warning.emotion) == (alarm.start, alarm.end, "urgent")
    assert [(w.start, w.end, w.text) for w in words] == [
        (w.start, w.end, w.text) for w in digits.words
    ]
    assert digits.text == " ".join(word.text for word in words)
    assert digits.start <= words[0].start and words[-1].end <= digits.end + 1e-9


def test_what_is_heard_is_the_clip_at_its_place(test):
    clip = test.said("statement")[0]
    score = arrange([Cue(clip)], np.random.default_rng(0))
    event = score.events[0]
    heard = score.foreground[round(event.start * 16_000) : round(event.end * 16_000)]
    assert np.corrcoef(heard, fade(clip.audio()))[0, 1] == pytest.approx(1)
    assert np.count_nonzero(score.active) == len(heard)
    assert not score.foreground[~score.active].any()


def test_training_sounds_are_varied_and_others_are_not(train, test):
    def lengths(sources):
        cue = Cue(sources.heard("bell")[0])
        scores = [arrange([cue], np.random.default_rng(seed)) for seed in range(8)]
        return {np.count_nonzero(score.active) for score in scores}

    assert len(lengths(train)) > 1
    assert lengths(test) == {len(test.heard("bell")[0].audio())}


def test_clips_differ_in_level_by_no_more_than_they_should(test):
    levels = []
    for seed in range(40):
        score = arrange([Cue(test.heard("bell")[0])], np.random.default_rng(seed))
        levels.append(20 * np.log10(rms(score.foreground[score.active])))
    assert min(levels) > -26 - 4.5 and max(levels) < -26 + 4.5
    assert max(levels) - min(levels) > 4


def test_a_background_event_is_6_db_quieter(test, monkeypatch):
    monkeypatch.setattr(composing, "LEVEL_SPREAD_DB", 0.0)
    front, behind = test.heard("bell")
    score = arrange([Cue(front), Cue(behind, role="bg")], np.random.default_rng(1))
    event = next(event for event in score.events if event.role == "bg")
    alone = ~score.active
    alone[: round(event.start * 16_000)] = alone[round(event.end * 16_000) :] = False
    behind_level = rms(score.foreground[alone])
    front_level = rms(score.foreground[score.active & (score.foreground != 0)])
    assert 20 * np.log10(behind_level / front_level) == pytest.approx(-6, abs=1.0)


def test_ambience_is_looped_without_seams_from_beginning_to_end(test, monkeypatch):
    monkeypatch.setattr(composing, "LEVEL_SPREAD_DB", 0.0)
    hiss = (0.1 * np.random.default_rng(0).standard_normal(8_000)).astype(np.float32)
    clip = SoundClip("hiss", "test", 0.5, encode(hiss, "flac"), "rain", False, "hiss", False)
    front = test.said("statement")[0]
    score = arrange([Cue(clip, role="amb"), Cue(front)], np.random.default_rng(3))
    (ambience,) = [event for event in score.events if event.role == "amb"]
    total = len(score.foreground)
    assert (ambience.start, ambience.end) == (0.0, total / 16_000)
    # Before and after the foreground, 20 ms at a time: 12 dB below it, and nowhere a gap.
    first, last = np.flatnonzero(score.active)[[0, -1]]
    lead, tail = score.foreground[320:first], score.foreground[last + 1 : -320]
    assert len(tail) > 2 * len(hiss)  # so there is a seam in it
    for part in (lead, tail):
        pieces = part[: len(part) // 320 * 320].reshape(-1, 320)
        levels = [20 * np.log10(rms(piece)) for piece in pieces]
        assert np.median(levels) == pytest.approx(-26 - 12, abs=0.5)
        assert min(levels) > -26 - 12 - 2 and max(levels) < -26 - 12 + 2
    assert score.active.sum() == len(front.audio())  # it is not what a ratio is measured against


@pytest.mark.parametrize("reply", ["", "careful"])
def test_ambience_is_a_sound_that_calls_for_nothing(test, reply):
    clip = test.heard("alarm")[0] if reply else test.said("statement")[0]
    cues = [Cue(clip, reply, "warn" if reply else "", role="amb"), Cue(test.heard("bell")[0])]
    with pytest.raises(UserError, match="ambient cue must be a sound without a reply"):
        arrange(cues, np.random.default_rng(0))


@given(seed=SEEDS, low=st.floats(0, 30))
def test_the_measured_ratio_is_the_recorded_one(train, seed, low):
    rng = np.random.default_rng(seed)
    score = arrange(cues_of(train)[:4], rng)
    samples, events, snr_db = mix(score, Bed((low, low + 5), 1.0), train.noises, rng)
    # The gain of the whole stream, found by projection: noise and foreground are uncorrelated.
    gain = samples @ score.foreground / (score.foreground @ score.foreground)
    noise = samples / gain - score.foreground
    measured = 20 * np.log10(rms(score.foreground[score.active]) / rms(noise))
    assert low <= snr_db <= low + 5
    assert measured == pytest.approx(snr_db, abs=0.5)
    assert np.abs(samples).max() <= PEAK
    assert events[0].role == "amb" and events[0].clip in {clip.id for clip in train.noises}


def test_without_a_bed_gaps_are_silent_or_nearly_so(train):
    silent = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        score = arrange(cues_of(train)[:4], rng)
        samples, events, snr_db = mix(score, Bed(share=0.0), train.noises, rng)
        floor = rms(samples[~score.active])
        assert snr_db is None and events == score.events
        assert floor < 10 ** (-50 / 20)
        silent += floor == 0
    assert 5 < silent < 25


def test_the_ambient_track_is_5_db_quieter(train):
    bed, _ = noise_bed(train.noises[:1], 160_000, np.random.default_rng(0))
    # The event-like track has RMS 1; powers of uncorrelated tracks add.
    assert rms(bed) ** 2 - 1 == pytest.approx(10 ** (-5 / 10), abs=0.05)


def test_a_bed_needs_noises():
    with pytest.raises(UserError, match="noise"):
        noise_bed((), 1000, np.random.default_rng(0))


def test_what_is_too_long_is_no_stream(train):
    cues = [Cue(clip) for clip in train.said("question")] * 4
    names = dict(id="x", split="train", task="chat", system="listen")
    assert compose(cues, Bed(), train.noises, np.random.default_rng(0), **names) is None
    stream = compose(cues[:2], Bed(), train.noises, np.random.default_rng(0), **names)
    assert stream.audio.dtype == np.float32 and len(stream.audio) <= 30 * 16_000
