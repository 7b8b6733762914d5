from dataclasses import replace

import numpy as np
import pytest

from audio_interaction.audio.io import encode
from audio_interaction.corpus import grounding
from audio_interaction.corpus.compose import Bed, compose
from audio_interaction.corpus.grounding import TFJP, ground, preprocessed
from audio_interaction.corpus.planning import TemplatePlanner
from audio_interaction.corpus.scenario import Rejected, Scenario, SubEvent
from audio_interaction.corpus.sources import Sources, SpeechClip, load_sources
from audio_interaction.corpus.synthesis import synthesise
from audio_interaction.corpus.verifier import measure
from audio_interaction.errors import UserError

RATE = 16_000


def scenario(*events, split="train") -> Scenario:
    return Scenario("one", split, "scene", "Something happens.", "listen", events)


def sound(*accept, id="e1", **fields) -> SubEvent:
    return SubEvent(id, "sound", f"the sound of {accept[0]}", accept=accept, **fields)


def line(text, id, speaker="a", **fields) -> SubEvent:
    return SubEvent(id, "speech", "somebody speaks", text=text, speaker=speaker, **fields)


def grounded(plan, sources, seed=0):
    return ground(plan, sources, np.random.default_rng(seed))


def bells(train, *recordings) -> Sources:
    """Sources with nothing but these recordings of a bell."""
    like = train.heard("bell")[0]
    clips = tuple(
        replace(like, id=f"bell-{i}", encoded=encode(x, "flac"), seconds=len(x) / RATE)
        for i, x in enumerate(recordings)
    )
    return Sources("train", (), clips, ())


def rings(*seconds, pause) -> np.ndarray:
    """Struck tones with pauses between them."""
    pieces = []
    for length in seconds:
        time = np.arange(round(length * RATE)) / RATE
        pieces += [0.5 * np.sin(2 * np.pi * 900 * time) * np.exp(-3 * time / length)]
        pieces += [np.zeros(round(pause * RATE))]
    return np.concatenate(pieces[:-1]).astype(np.float32)


def said(text, voice, language="en") -> SpeechClip:
    return SpeechClip(
        id=f"{voice}-{text}", split="train", seconds=1.0, encoded=b"", text=text, words=(),
        kind="question", answer="", sound="", form="", voice=voice, engine="tone", recorded=False,
        language=language,
    )  # fmt: skip


def test_a_cue_carries_what_was_planned(train):
    asked = train.said("question")[0]
    plan = scenario(
        sound("alarm", reply="careful", kind="warn", emotion="urgent"),
        line(asked.text, "e2", reply=asked.answer, kind="answer"),
        sound("bird", id="e3", role="bg"),
    )
    found = grounded(plan, train)
    assert [cue.clip for cue in found.cues] == [step.clip for step in found.trail]
    assert [step.event for step in found.trail] == list(plan.events)
    alarm, question, bird = found.cues
    assert (alarm.clip.label, alarm.reply, alarm.kind, alarm.emotion, alarm.role) == (
        "alarm", "careful", "warn", "urgent", "fg",
    )  # fmt: skip
    assert (question.clip, question.reply, question.kind) == (asked, asked.answer, "answer")
    assert (bird.clip.label, bird.role) == ("bird", "bg")
    assert all(step.verdicts[-1].decision == "accept" for step in found.trail)


def test_the_same_arguments_give_the_same_clips(train):
    texts = [clip.text for clip in train.said("question")[:3]]
    plan = scenario(
        sound("saw", "drum", id="s1"),  # of neither the sources hold a clip: it is synthesised
        sound("bell", "cow", id="s2"),
        *(line(text, f"l{i}") for i, text in enumerate(texts)),
    )
    once, again = grounded(plan, train, 1), grounded(plan, train, 1)
    assert once == again
    assert [c.clip.encoded for c in once.cues] == [c.clip.encoded for c in again.cues]
    others = [grounded(plan, train, seed) for seed in range(2, 8)]
    assert any(other.cues[1] != once.cues[1] for other in others)
    assert all(other.cues[0].clip.encoded != once.cues[0].clip.encoded for other in others)


def test_three_rejects_lead_to_synthesis(train):
    found = grounded(scenario(sound("thunder")), train).trail[0]
    assert found.synthesised
    assert [v.criterion for v in found.verdicts[:3]] == ["identity"] * 3
    assert [v.decision for v in found.verdicts[:3]] == ["reject"] * 3
    assert found.verdicts[-1].decision == "accept" and found.verdicts[-1].clip == found.clip.id
    clip = found.clip
    assert (clip.label, clip.package, clip.recorded, clip.hazard) == (
        "thunder", "synthesis", False, False,
    )  # fmt: skip
    assert clip.split == "train" and clip.seconds == len(clip.audio()) / RATE


def test_synthesis_keeps_to_the_split():
    found = grounded(scenario(sound("siren"), split="test"), Sources("test", (), (), ()))
    rng = np.random.default_rng(0)
    rng.integers(1)  # the choice among accepted labels
    assert found.cues[0].clip.encoded == encode(synthesise("siren", "test", rng), "flac")
    assert found.cues[0].clip.split == "test" and found.cues[0].clip.hazard


def test_a_long_pause_is_mended_by_tfjp_and_verified_again(train):
    sources = bells(train, rings(0.5, 0.5, pause=0.9))
    found = grounded(scenario(sound("bell")), sources).trail[0]
    assert [(v.decision, v.criterion) for v in found.verdicts] == [
        ("reprocess", "continuity"),
        ("accept", "all"),
    ]
    assert found.clip.id == "bell-0+tfjp" == found.verdicts[1].clip
    assert (found.clip.label, found.clip.package) == ("bell", sources.sounds[0].package)
    assert len(found.clip.audio()) < len(sources.sounds[0].audio())
    assert found.clip.seconds == len(found.clip.audio()) / RATE
    assert measure(found.clip.audio()).gap_seconds < 0.6
    assert preprocessed(sources.sounds[0]) == found.clip


def test_a_clip_is_mended_once_and_then_rejected(train):
    long = bells(train, rings(*[0.9] * 5, pause=0.1)).sounds[0]
    sources = Sources("train", (), (replace(long, label="gunshot"),), ())
    found = grounded(scenario(sound("gunshot", seconds=0.3)), sources).trail[0]
    assert [v.decision for v in found.verdicts[:2]] == ["reprocess", "reject"]
    assert [v.clip for v in found.verdicts[:2]] == ["bell-0", "bell-0+tfjp"]
    assert found.verdicts[1].reason.endswith("after TFJP too")
    assert found.synthesised and found.clip.seconds <= 0.6


def test_clips_of_the_wrong_length_give_way_to_others(train):
    sources = bells(train, rings(0.3, pause=0.1), rings(2.0, pause=0.1))
    for seed in range(5):
        found = grounded(scenario(sound("bell", seconds=2.0)), sources, seed).trail[0]
        assert found.clip.id == "bell-1"
        rejected = [v for v in found.verdicts if v.decision == "reject"]
        assert {(v.clip, v.criterion) for v in rejected} <= {("bell-0", "duration")}


def test_what_nobody_can_make_is_rejected(train):
    with pytest.raises(Rejected, match="identity") as caught:
        grounded(scenario(sound("kazoo")), train)
    assert caught.value.reason == "no_clip"
    with pytest.raises(Rejected) as caught:
        grounded(scenario(sound("bell", seconds=60.0)), train)
    assert caught.value.reason == "no_clip"


def test_a_dialogue_keeps_the_voice_that_says_the_most():
    speech = (
        *(said(text, "anna") for text in ("one", "two", "three")),
        *(said(text, "ben") for text in ("one", "two", "three")),
        *(said(text, "carl") for text in ("one", "two")),
    )
    sources = Sources("train", speech, (), ())
    plan = scenario(line("one", "e1"), line("two", "e2"), line("three", "e3"))
    cast = [[cue.clip.voice for cue in grounded(plan, sources, s).cues] for s in range(20)]
    assert all(len(set(voices)) == 1 for voices in cast)
    assert {voices[0] for voices in cast} == {"anna", "ben"}


def test_another_voice_says_what_the_first_has_not():
    speech = (said("one", "anna"), said("two", "anna"), said("three", "ben"))
    plan = scenario(line("one", "e1"), line("two", "e2"), line("three", "e3"))
    cues = grounded(plan, Sources("train", speech, (), ())).cues
    assert [cue.clip.voice for cue in cues] == ["anna", "anna", "ben"]


def test_two_speakers_have_two_voices():
    # b can only be anna, so a must not be, whoever speaks first
    speech = (said("one", "anna"), said("one", "ben"), said("two", "anna"))
    sources = Sources("train", speech, (), ())
    plan = scenario(line("one", "e1", "a"), line("two", "e2", "b"))
    for seed in range(10):
        cues = grounded(plan, sources, seed).cues
        assert [cue.clip.voice for cue in cues] == ["ben", "anna"]
    with pytest.raises(Rejected) as caught:
        grounded(scenario(line("two", "e1", "a"), line("two", "e2", "b")), sources)
    assert caught.value.reason == "no_voice"


def test_words_must_be_said_in_the_right_language():
    sources = Sources("train", (said("pain", "anna"), said("pain", "luc", "fr")), (), ())
    cue = grounded(scenario(line("pain", "e1", language="fr")), sources).cues[0]
    assert cue.clip.voice == "luc"
    for text, language in (("pain", "de"), ("never said", "en")):
        with pytest.raises(Rejected) as caught:
            grounded(scenario(line(text, "e1", language=language)), sources)
        assert caught.value.reason == "no_speech"


def test_template_scenes_of_the_kit_become_streams():
    sources = load_sources("test")
    planner = TemplatePlanner(sources, "scene", "listen")
    streams = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        plan = planner.plan(planner.bag(rng, 3), rng, f"scene-{seed}")
        names = dict(id=plan.id, split="test", task=plan.task, system=plan.system)
        streams.append(
            compose(ground(plan, sources, rng).cues, Bed(), sources.noises, rng, **names)
        )
    assert sum(stream is not None for stream in streams) >= 4  # the others outlast 30 s
    for stream in filter(None, streams):
        assert {e.role for e in stream.events} >= {"fg", "amb"}


def test_tfjp_is_applied_to_every_sound_if_it_always_is(train):
    plan = scenario(
        sound("bell"), sound("cow", id="e2"), sound("rain", id="e3", role="bg"),
        sound("noise", id="e4", role="amb"),
    )  # fmt: skip
    asked, always = (
        ground(plan, load_sources("train"), np.random.default_rng(0), when) for when in TFJP
    )
    ids = [cue.clip.id for cue in always.cues]
    assert [id.endswith("+tfjp") for id in ids] == [True, True, False, False]
    assert [id.removesuffix("+tfjp") for id in ids] == [
        cue.clip.id.removesuffix("+tfjp") for cue in asked.cues
    ]
    for found in always.trail[:2]:
        assert found.verdicts[-1].clip == found.clip.id and found.verdicts[-1].decision == "accept"
    with pytest.raises(UserError, match="asked or always, not when 'never'"):
        ground(plan, train, np.random.default_rng(0), "never")


def test_a_clip_that_tfjp_would_spoil_is_kept_as_it_is(train, monkeypatch):
    struck = rings(1.0, pause=0)
    sources = bells(train, struck)
    spoilt = replace(sources.sounds[0], id="bell-0+tfjp", encoded=encode(0 * struck, "flac"))
    monkeypatch.setattr(grounding, "preprocessed", lambda clip: spoilt)
    found = ground(scenario(sound("bell")), sources, np.random.default_rng(0), "always").trail[0]
    assert found.clip == sources.sounds[0]
    assert [(v.clip, v.decision) for v in found.verdicts] == [
        ("bell-0+tfjp", "reject"), ("bell-0", "accept"),
    ]  # fmt: skip
