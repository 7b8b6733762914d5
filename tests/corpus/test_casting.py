"""Sets of phrases, and those that are shipped in mini_data/sources."""

import io
from collections import Counter, defaultdict

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile as sf

from audio_interaction.corpus.casting import (
    CHINESE,
    CHINESE_SETS,
    ENGLISH,
    ENGLISH_SETS,
    ability_sets,
    render_abilities,
)
from audio_interaction.corpus.language import SPLITS
from audio_interaction.corpus.phrases import phrases, words_of
from audio_interaction.corpus.voices import VOICES
from audio_interaction.errors import UserError
from audio_interaction.paths import MINI_DATA

KINDS = {(p.kind, p.form) for p in phrases()}


def test_sets_follow_from_the_seed():
    assert list(ability_sets("validation", 3)) == list(ability_sets("validation", 3))
    assert list(ability_sets("validation", 3)) != list(ability_sets("validation", 4))


def test_every_kind_of_phrase_is_cast():
    assert {*ENGLISH, *CHINESE} == KINDS


@pytest.mark.parametrize("split", SPLITS)
def test_a_set_is_one_voice_that_speaks_the_language_and_says_something_of_everything(split):
    sets = list(ability_sets(split, 0))
    assert len(sets) == sum(ENGLISH_SETS[split].values()) + sum(CHINESE_SETS[split].values())
    for takes in sets:
        assert len({take.voice for take in takes}) == 1
        voice = takes[0].voice
        assert voice.split == split
        assert all(take.sentence.language in voice.languages for take in takes)
        assert {take.sentence.split for take in takes} == {split}
        said = {(take.sentence.kind, take.sentence.form) for take in takes}
        assert said in ({*ENGLISH}, {*CHINESE})
    ids = [take.id for takes in sets for take in takes]
    assert len(ids) == len(set(ids))


def test_phrases_come_up_once_before_any_repeats():
    takes = [take for group in ability_sets("train", 0) for take in group]
    said = Counter(take.sentence.text for take in takes)
    by_kind = defaultdict(list)
    for phrase in phrases():
        if phrase.split == "train":
            by_kind[phrase.kind, phrase.form].append(said[phrase.text])
    assert all(max(counts) - min(counts) <= 1 for counts in by_kind.values())


def test_no_workers_are_refused(tmp_path):
    with pytest.raises(UserError, match="workers .0. must be at least 1"):
        render_abilities(tmp_path, workers=0)


# --- the shipped clips ----------------------------------------------------------------------------
def path_of(split, name="speech-abilities"):
    return MINI_DATA / "sources" / f"{name}-{split}.parquet"


@pytest.fixture(scope="module")
def shipped():
    return {split: pq.read_table(path_of(split)).to_pylist() for split in SPLITS}


def test_shipped_columns_are_those_of_the_older_clips_and_a_language():
    for split in SPLITS:
        older = pq.read_schema(path_of(split, "speech")).names
        assert pq.read_schema(path_of(split)).names == [*older, "language"]


def test_shipped_rows_say_what_the_phrases_say(shipped):
    known = {phrase.text: phrase for phrase in phrases()}
    for split, rows in shipped.items():
        for row in rows:
            said, voice = known[row["text"]], VOICES[row["voice"]]
            assert (row["kind"], row["answer"], row["sound"], row["form"], row["language"]) == (
                said.kind, said.answer, said.sound, said.form, said.language,
            )  # fmt: skip
            assert said.split == voice.split == split
            assert said.language in voice.languages
            assert (row["licence"], row["credit"]) == (voice.licence, voice.credit)


def test_shipped_splits_share_nothing_with_any_other_file_of_speech(shipped):
    for column in ("voice", "text", "id"):
        seen = defaultdict(set)
        for split in SPLITS:
            older = pq.read_table(path_of(split, "speech"), columns=[column])[column].to_pylist()
            for value in {*older, *(row[column] for row in shipped[split])}:
                seen[value].add(split)
        assert all(len(splits) == 1 for splits in seen.values()), column


def test_every_kind_is_in_every_shipped_split_six_times(shipped):
    for split, rows in shipped.items():
        counts = Counter((row["kind"], row["form"]) for row in rows)
        assert counts.keys() == KINDS
        assert min(counts.values()) >= 6, (split, counts)


def test_whoever_tells_a_fact_also_asks_for_it(shipped):
    for split, rows in shipped.items():
        told, asked = (
            {(row["voice"], row["form"]) for row in rows if row["kind"] == kind}
            for kind in ("history_fact", "history")
        )
        assert told == asked
        orders, called = (
            {row["voice"] for row in rows if row["kind"] == kind} for kind in ("wake_order", "wake")
        )
        assert orders == called and len(orders) >= 3, split


def test_about_half_of_the_chinese_is_neural(shipped):
    for rows in shipped.values():
        chinese = [row["engine"] for row in rows if row["language"] != "en"]
        assert 0.4 < chinese.count("kokoro") / len(chinese) < 0.6


def test_shipped_train_has_the_words_sounds_and_replies_of_the_others(shipped):
    older = pq.read_table(path_of("train", "speech"), columns=["text", "answer"]).to_pylist()
    train = [*older, *shipped["train"]]

    def words(rows):
        return {word for row in rows for word in words_of(row["text"])}

    for split in SPLITS[1:]:
        assert words(shipped[split]) <= words(train)
        for row in shipped[split]:
            assert {*row["sound"].split("|")} <= {
                label for other in shipped["train"] for label in other["sound"].split("|")
            }
            if row["language"] == "en":
                assert row["answer"] in {other["answer"] for other in train}


def test_shipped_words_are_in_order_and_inside_their_clips(shipped):
    for row in (row for rows in shipped.values() for row in rows):
        assert [word["text"] for word in row["words"]] == words_of(row["text"]), row["id"]
        edges = [edge for word in row["words"] for edge in (word["start"], word["end"])]
        assert edges == sorted(edges), row["id"]
        assert 0 <= edges[0] and edges[-1] <= row["seconds"], row["id"]
        assert all(word["end"] > word["start"] for word in row["words"]), row["id"]


def test_shipped_audio_decodes_to_its_length_and_level(shipped):
    for rows in shipped.values():
        for row in rows[::25]:
            samples, rate = sf.read(io.BytesIO(row["audio"]["bytes"]), dtype="float32")
            assert rate == 16_000 and len(samples) == round(row["seconds"] * 16_000)
            assert 0.02 < np.sqrt(np.mean(samples**2)) < 0.1
            assert np.abs(samples).max() < 1.0


def test_shipped_clips_fit_the_repository():
    assert sum(path_of(split).stat().st_size for split in SPLITS) <= 6.5e6
