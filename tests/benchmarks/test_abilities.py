import numpy as np
import pytest

from audio_interaction.benchmarks.abilities import OFFLINE, offline_abilities, recorded_wer
from audio_interaction.benchmarks.metrics import word_errors
from audio_interaction.corpus.offline import TRANSCRIBE, offline_item
from audio_interaction.corpus.sources import load_sources, spread


def test_spread_takes_first_and_last_and_never_more():
    assert spread(tuple(range(10)), 3) == (0, 4, 9)
    assert spread(tuple(range(3)), 5) == spread((0, 1, 2), None) == (0, 1, 2)
    assert len(set(spread(tuple(range(1000)), 99))) == 99


def test_every_ability_rests_on_its_clips(model, sources):
    found = offline_abilities(model, limit=4, sources=sources)
    speech = spread(sources.closed, 4)
    assert set(found) == {*OFFLINE, "wer_by_engine"}
    assert found["wer"].items == sum(len(clip.text.split()) for clip in speech)
    assert found["answer_accuracy"].items == sum(bool(clip.answer) for clip in speech)
    assert found["naming_accuracy"].items == 4
    sounds = spread(sources.sounds, 4)
    assert found["naming_recorded"].items == sum(clip.recorded for clip in sounds)
    assert set(found["wer_by_engine"]) == {clip.engine for clip in speech}


@pytest.mark.parametrize("in_rooms", [0.0, 1.0])
def test_wer_is_the_pooled_one_of_what_the_model_says(model, sources, in_rooms):
    found = offline_abilities(model, limit=2, seed=3, sources=sources, in_rooms=in_rooms)["wer"]
    errors = words = 0
    for index, clip in enumerate(spread(sources.closed, 2)):
        rng = np.random.default_rng([3, index])
        item = offline_item(clip, sources.noises, rng, varied=False, in_rooms=in_rooms)
        wrong, spoken = word_errors(clip.text, model.offline(item.samples, TRANSCRIBE).lower())
        errors, words = errors + wrong, words + spoken
    assert found.value == pytest.approx(errors / words)


def test_recorded_speech_is_one_human_voice_with_words_the_domain_lacks(model):
    clips = load_sources("test").recorded
    assert {clip.voice for clip in clips} == {"allison-smith"} and all(c.recorded for c in clips)
    found = recorded_wer(model, limit=2)
    assert found.items == sum(len(clip.text.split()) for clip in spread(clips, 2))
