from collections import Counter

import numpy as np

from audio_interaction.corpus.retrieval import ClipIndex
from audio_interaction.corpus.scenario import SubEvent


def sound(description, *accept):
    return SubEvent("e1", "sound", description, accept=accept)


def test_accepted_labels_come_first_and_fill_the_top_three(train):
    index = ClipIndex.of(train)
    found = index.retrieve(sound("a bird sings", "cow"), np.random.default_rng(0))
    assert [clip.label for clip in found] == ["cow", "cow", "bird"]


def test_words_decide_among_accepted_labels(train):
    index = ClipIndex.of(train)
    event = sound("glass breaking on a stone floor", "alarm", "glass", "bell")
    for seed in range(5):
        found = index.retrieve(event, np.random.default_rng(seed))
        assert [clip.label for clip in found[:2]] == ["glass", "glass"]


def test_clips_that_rank_alike_are_equally_likely(train):
    index = ClipIndex.of(train)
    rng = np.random.default_rng(0)
    first = Counter(index.retrieve(sound("nothing", "bell"), rng)[0].id for _ in range(200))
    assert len(first) == 2 and min(first.values()) > 70


def test_a_similarity_is_a_cosine(train):
    index = ClipIndex.of(train)
    assert index.similarity("birds", "bird") > 0.9
    assert 0 < index.similarity("a bird and a bell", "bird") < 0.9
    assert index.similarity("ein vogel", "bird") == 0


def test_noises_are_found_by_their_label(train):
    found = ClipIndex.of(train).retrieve(sound("wind", "noise"), np.random.default_rng(0))
    assert [clip.label for clip in found[:2]] == ["noise", "noise"]


def test_an_index_is_made_once_and_knows_who_says_what(train):
    index = ClipIndex.of(train)
    assert ClipIndex.of(train) is index
    clip = train.said("question")[0]
    assert index.spoken(clip.text, "en") == {clip.voice: [clip]}
    assert index.spoken(clip.text, "fr") == {} == index.spoken("never said", "en")
