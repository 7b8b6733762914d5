import numpy as np

from audio_interaction.corpus import offline
from audio_interaction.corpus.language import name_reply
from audio_interaction.corpus.offline import (
    ANSWER,
    NAME,
    TRANSCRIBE,
    offline_item,
    offline_items,
    tasks_of,
)


def test_a_sentence_is_transcribed_and_answered_if_it_has_an_answer(train):
    for clip in train.closed:
        answer = [(ANSWER, clip.answer)] * bool(clip.answer)
        assert list(tasks_of(clip)) == [(TRANSCRIBE, clip.text), *answer]


def test_a_sound_is_named(train):
    assert tasks_of(train.heard("bell")[0]) == ((NAME, name_reply("bell")),)


def test_items_are_whole_chunks_and_repeat(train):
    clips = [train.said("question")[0], train.heard("bell")[0]]
    once, again = (list(offline_items(clips, train.noises, 1, 2)) for _ in range(2))
    assert len(once) == 4
    for one, other in zip(once, again, strict=True):
        assert np.array_equal(one.samples, other.samples) and one.record() == other.record()
        assert len(one.samples) % 6400 == 0 and one.samples.dtype == np.float32
    assert not np.array_equal(once[0].samples[:6400], once[1].samples[:6400])
    item = offline_item(clips[1], train.noises, np.random.default_rng(0), varied=False)
    assert (item.kind, item.transcript) == ("sound", "") and item.clip == clips[1].id


def test_a_room_rings_on_behind_the_clip_and_does_not_delay_it(train, monkeypatch):
    monkeypatch.setattr(offline, "NOISY_SHARE", 0.0)
    clips = train.said("question")[:20]

    def heard(share):
        return [item.samples for item in offline_items(clips, (), 1, 1, share)]

    dry, some, rooms = heard(0.0), heard(0.5), heard(1.0)
    for one, other in zip(dry, rooms, strict=True):
        start, end = np.flatnonzero(one)[[0, -1]]
        assert np.abs(other[:start]).max() < 1e-5 < np.abs(other[start : start + 800]).max()
        assert not one[end + 1 :].any() and np.abs(other[end + 1 :]).max() > 1e-5
    assert 2 < sum(bool(one[-400:].any()) for one in some) < 18
