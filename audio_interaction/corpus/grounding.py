"""From a plan to clips: retrieve, verify, mend or reject, and synthesise at last (paper App. B.1).

Three clips are retrieved for a sound event. One that fails is mended by TFJP at most once, if TFJP
can mend it. After three rejects the sound is synthesised from the parameter ranges of the split,
and has to pass the same verifier.

The paper is of two minds about TFJP: by App. B.1 it mends what the verifier finds wanting, by
Algorithm 4 it is applied to every event before composing. Both can be had: "asked" mends only what
the verifier asks for, "always" applies it to every other sound, too, and keeps what still passes
the verifier. What lasts all the time (role "amb") and textures, which are noise themselves
(`verifier.TEXTURES`), are left alone: their noise is what is to be heard.

Speech is a clip with exactly those words; a speaker keeps one voice as far as it has said them all
(paper App. B.4), and no two speakers share one.

Everything is drawn from the generator that is passed in. What is slow (measuring a clip, TFJP) is
done once a clip and process.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from audio_interaction.audio.io import encode
from audio_interaction.audio.tfjp import tfjp
from audio_interaction.corpus.compose import Cue
from audio_interaction.corpus.retrieval import TOP, ClipIndex
from audio_interaction.corpus.scenario import Rejected, Scenario, SubEvent
from audio_interaction.corpus.sources import Clip, SoundClip, Sources, SpeechClip
from audio_interaction.corpus.synthesis import MODELS
from audio_interaction.corpus.variety import synthesised_clip
from audio_interaction.corpus.verifier import (
    ACCEPT,
    REJECT,
    REPROCESS,
    TEXTURES,
    Quality,
    Verdict,
    judge,
    measure,
)
from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE

MENDED = "+tfjp"  # at the end of the id of a processed clip

ASKED, ALWAYS = TFJP = ("asked", "always")
"""When TFJP is applied: where the verifier asks for it, or to every sound event."""


@dataclass(frozen=True)
class Grounded:
    """How one event came by its clip: every verdict on the way, the last of which accepts it."""

    event: SubEvent
    clip: SpeechClip | SoundClip
    verdicts: tuple[Verdict, ...]
    synthesised: bool = False


@dataclass(frozen=True)
class Grounding:
    """The cues of a scenario in the order of its events, and how each was found."""

    cues: tuple[Cue, ...]
    trail: tuple[Grounded, ...]


def ground(
    scenario: Scenario, sources: Sources, rng: np.random.Generator, tfjp: str = ASKED
) -> Grounding:
    """Find a clip for every event of a plan; the same arguments always give the same clips.

    Args:
        tfjp: one of `TFJP`.

    Raises:
        Rejected: nobody says a line ("no_speech"), there are too few voices for the speakers
            ("no_voice"), or no sound passes and none can be synthesised ("no_clip").
        UserError: `tfjp` is none of `TFJP`.
    """
    if tfjp not in TFJP:
        raise UserError(f"TFJP is applied when {' or '.join(TFJP)}, not when {tfjp!r}")
    index = ClipIndex.of(sources)
    lines = _cast([e for e in scenario.events if e.what == "speech"], index, rng)
    trail = tuple(
        lines[event.id]
        if event.what == "speech"
        else _finished(_sound(event, scenario, index, rng), tfjp)
        for event in scenario.events
    )
    cues = tuple(
        Cue(found.clip, event.reply, event.kind, event.emotion, event.role)
        for event, found in zip(scenario.events, trail, strict=True)
    )
    return Grounding(cues, trail)


def _cast(
    events: Sequence[SubEvent], index: ClipIndex, rng: np.random.Generator
) -> dict[str, Grounded]:
    """A clip for every line, by the id of its event."""
    parts: dict[str, list[SubEvent]] = defaultdict(list)
    for event in events:
        if not index.spoken(event.text, event.language):
            raise Rejected("no_speech", f"nobody says {event.text!r} in {event.language}")
        parts[event.speaker].append(event)

    def choice(speaker: str) -> int:
        return len({v for e in parts[speaker] for v in index.spoken(e.text, e.language)})

    found: dict[str, Grounded] = {}
    taken: set[str] = set()
    for speaker in sorted(parts, key=lambda speaker: (choice(speaker), speaker)):
        own: set[str] = set()  # voices of this speaker: one, unless it has not said every line
        left = parts[speaker]
        while left:
            able = Counter(
                voice
                for event in left
                for voice in index.spoken(event.text, event.language)
                if voice not in taken
            )
            if not able:
                raise Rejected("no_voice", f"no free voice says {left[0].text!r}")
            most = max(able.values())
            voice = _one(sorted(v for v, lines in able.items() if lines == most), rng)
            own.add(voice)
            for event in left:
                if clips := index.spoken(event.text, event.language).get(voice):
                    clip = _one(clips, rng)
                    verdict = Verdict(clip.id, ACCEPT, "identity", f"the same words, by {voice}")
                    found[event.id] = Grounded(event, clip, (verdict,))
            left = [event for event in left if event.id not in found]
        taken |= own
    return found


def _sound(
    event: SubEvent, scenario: Scenario, index: ClipIndex, rng: np.random.Generator
) -> Grounded:
    verdicts: list[Verdict] = []
    for candidate in index.retrieve(event, rng):
        clip = _verified(event, candidate, verdicts)
        if clip is not None:
            return Grounded(event, clip, tuple(verdicts))
    labels = [label for label in event.accept if label in MODELS]
    for attempt in range(TOP if labels else 0):
        name = f"{scenario.id}-{event.id}-{attempt}"
        made = synthesised_clip(_one(labels, rng), scenario.split, name, rng)
        clip = _verified(event, made, verdicts)
        if clip is not None:
            return Grounded(event, clip, tuple(verdicts), synthesised=True)
    reasons = "; ".join(f"{v.clip}: {v.criterion}, {v.reason}" for v in verdicts)
    raise Rejected("no_clip", f"{event.description!r}: {reasons or 'nothing to choose from'}")


def _finished(found: Grounded, when: str) -> Grounded:
    """The sound after TFJP, if that is due and the verifier accepts it still."""
    event, clip = found.event, found.clip
    due = when == ALWAYS and event.role != "amb" and clip.label not in TEXTURES
    if not due or clip.id.endswith(MENDED):
        return found
    processed = preprocessed(clip)
    verdict = judge(event, processed.id, clip.label, _measured(processed.encoded))
    if verdict.decision != ACCEPT:
        *before, accepted = found.verdicts
        return replace(found, verdicts=(*before, verdict, accepted))
    return replace(found, clip=processed, verdicts=(*found.verdicts, verdict))


def _verified(event: SubEvent, clip: SoundClip, verdicts: list[Verdict]) -> SoundClip | None:
    """The clip, as it is or mended once, or None; verdicts are appended."""
    verdict = judge(event, clip.id, clip.label, _measured(clip.encoded))
    verdicts.append(verdict)
    if verdict.decision == REPROCESS:
        clip = preprocessed(clip)
        verdict = judge(event, clip.id, clip.label, _measured(clip.encoded))
        if verdict.decision == REPROCESS:
            verdict = replace(verdict, decision=REJECT, reason=f"{verdict.reason}, after TFJP too")
        verdicts.append(verdict)
    return clip if verdict.decision == ACCEPT else None


def preprocessed(clip: SoundClip) -> SoundClip:
    """The clip after TFJP, "+tfjp" in its id; computed once a clip and process."""
    encoded, seconds = _processed(clip.encoded)
    return replace(clip, id=f"{clip.id}{MENDED}", seconds=seconds, encoded=encoded)


# Keyed by the bytes, not by the clip: two folders may use the same id for different sounds. Bytes
# remember their hash, and what is kept of a clip is small.


@lru_cache(maxsize=2048)
def _measured(encoded: bytes) -> Quality:
    return measure(_heard(encoded))


@lru_cache(maxsize=2048)
def _processed(encoded: bytes) -> tuple[bytes, float]:
    samples = tfjp(_heard(encoded)).samples
    return encode(samples, "flac"), len(samples) / SAMPLE_RATE


def _heard(encoded: bytes) -> np.ndarray:
    """The samples, from the store of decoded clips that the composition uses too."""
    return Clip("", "", 0.0, encoded).audio()


def _one(choices: Sequence, rng: np.random.Generator):
    return choices[rng.integers(len(choices))]
