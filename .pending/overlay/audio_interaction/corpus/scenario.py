"""The planned record of a stream: what happens, in which order, and what is due (paper §3.2).

A plan names what is to be heard; `grounding` finds the clips for it.
"""

from collections import Counter
from dataclasses import asdict, dataclass

from audio_interaction.audio.mixing import ROLE_GAIN_DB
from audio_interaction.corpus.language import SPLITS
from audio_interaction.errors import UserError
from audio_interaction.protocol import EMOTIONS

WHATS = ("speech", "sound")


class Rejected(Exception):
    """A plan that cannot be carried out; the caller draws another one and counts it.

    Attributes:
        reason: a short stable key such as "no_clip" or "too_long".
    """

    def __init__(self, reason: str, detail: str = ""):
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


@dataclass(frozen=True)
class SubEvent:
    """One thing to be heard, and the reply that is due when it has ended.

    Attributes:
        id: unique within the scenario.
        what: "speech" or "sound"; music is a sound whose label is a music class.
        description: what it is, in words.
        accept: labels a sound may have; empty for speech.
        text: what is said; empty for sounds.
        language: of the text.
        speaker: who says it; one voice is sampled for each speaker of a scenario.
        role: "fg", "bg" or "amb" (paper Algorithm 4).
        seconds: planned duration, None where any will do.
        reply, kind, emotion: as in `compose.Cue`.
    """

    id: str
    what: str
    description: str
    accept: tuple[str, ...] = ()
    text: str = ""
    language: str = "en"
    speaker: str = "a"
    role: str = "fg"
    seconds: float | None = None
    reply: str = ""
    kind: str = ""
    emotion: str = "normal"


@dataclass(frozen=True)
class Scenario:
    """What one stream is to be.

    Attributes:
        id, split, task, system: of the stream.
        scene: one sentence.
        events: in the order of the plan.
        before: pairs of ids, the first of which must be heard before the second.
        excludes: pairs of labels that must not meet in one scene.
    """

    id: str
    split: str
    task: str
    scene: str
    system: str
    events: tuple[SubEvent, ...]
    before: tuple[tuple[str, str], ...] = ()
    excludes: tuple[tuple[str, str], ...] = ()

    def check(self) -> "Scenario":
        """The scenario itself.

        Raises:
            UserError: an event is not well formed, nothing is in the foreground, ids repeat, the
                order is broken, or labels meet that exclude each other.
        """
        self._demand(self.split in SPLITS, f"unknown split {self.split!r}")
        for event in self.events:
            self._check_event(event)
        repeated = [id for id, count in Counter(e.id for e in self.events).items() if count > 1]
        self._demand(not repeated, f"the ids {', '.join(repeated)} occur more than once")
        self._demand(any(e.role == "fg" for e in self.events), "nothing is in the foreground")
        place = {event.id: index for index, event in enumerate(self.events)}
        for pair in self.before:
            if unknown := [id for id in pair if id not in place]:
                self._demand(False, f"`before` names the unknown event {unknown[0]!r}")
            first, second = pair
            self._demand(place[first] < place[second], f"{first!r} must come before {second!r}")
        labels = {label for event in self.events for label in event.accept}
        for pair in self.excludes:
            self._demand(not labels.issuperset(pair), f"{' and '.join(pair)} exclude each other")
        return self

    def _check_event(self, event: SubEvent) -> None:
        where = f"event {event.id!r}: "
        self._demand(event.what in WHATS, f"{where}`what` must be one of {', '.join(WHATS)}")
        self._demand(
            event.role in ROLE_GAIN_DB, f"{where}`role` must be one of {', '.join(ROLE_GAIN_DB)}"
        )
        self._demand(
            event.emotion in EMOTIONS, f"{where}`emotion` must be one of {', '.join(EMOTIONS)}"
        )
        if event.what == "speech":
            self._demand(bool(event.text), f"{where}speech needs a `text`")
        else:
            self._demand(bool(event.accept), f"{where}a sound needs labels to `accept`")
        self._demand(
            event.seconds is None or event.seconds > 0, f"{where}`seconds` must be positive"
        )
        self._demand(bool(event.kind) or not event.reply, f"{where}a reply needs a `kind`")

    def _demand(self, holds: bool, message: str) -> None:
        if not holds:
            raise UserError(f"scenario {self.id}: {message}; correct the plan")

    def to_json(self) -> dict:
        """The record as plain values of JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: dict) -> "Scenario":
        """Inverse of `Scenario.to_json`, also after a way through a JSON file.

        Raises:
            UserError: a field is missing or unknown.
        """
        try:
            events = tuple(
                SubEvent(**event | {"accept": tuple(event.get("accept", ()))})
                for event in record["events"]
            )
            pairs = {
                name: tuple(tuple(pair) for pair in record.get(name, ()))
                for name in ("before", "excludes")
            }
            return cls(**record | {"events": events} | pairs)
        except (KeyError, TypeError) as error:
            raise UserError(
                f"scenario {record.get('id', '')}: not the record of a scenario ({error}); "
                "its fields are those of Scenario and SubEvent"
            ) from error
