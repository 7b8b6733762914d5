"""The streaming session: push samples in, get decisions and replies out.

One synchronous, deterministic state machine (paper §3.3; the FIFO scheduler of Algorithm 3 wraps
it). After every 0.4 s chunk the model sees `<audio>`, ten frames and `<assistant>`, and one
probability decides: p(response) = softmax over the logits of `<silent>` and `<response>` alone.
It is compared with a threshold and never sampled. While a reply is written no chunk enters.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from audio_interaction.audio.features import StreamingLogMel
from audio_interaction.errors import UserError
from audio_interaction.model.interaction import InteractionModel
from audio_interaction.protocol import EMOTIONS, SAMPLE_RATE, seconds_of
from audio_interaction.streaming.context import CONTEXT_SECONDS, Context


@dataclass(frozen=True)
class Decision:
    """One decision: chunk index from 0, the chunk's end in s, p(response), and the verdict."""

    chunk: int
    time: float
    p_response: float
    responds: bool


@dataclass(frozen=True)
class ResponseStart:
    """A reply begins; `time` is the end of the chunk that triggered it, in seconds."""

    time: float
    emotion: str


@dataclass(frozen=True)
class TextDelta:
    """The reply grew by `text`."""

    time: float
    text: str


@dataclass(frozen=True)
class ResponseEnd:
    """The reply is complete."""

    time: float
    text: str


SessionEvent = Decision | ResponseStart | TextDelta | ResponseEnd


class Session:
    """One listener with its bounded memory.

    Args:
        model: a loaded model with an interaction adapter.
        system: the written instruction of the session.
        threshold: p(response) from which a chunk is answered; the model's own by default.
        max_reply_tokens: a reply is closed after so many tokens.
        context_seconds: sound that is remembered at most (`streaming.context`); None for all.

    Raises:
        UserError: a context that is too short to hear in.
    """

    def __init__(
        self,
        model: InteractionModel,
        system: str,
        threshold: float | None = None,
        max_reply_tokens: int = 48,
        context_seconds: float | None = CONTEXT_SECONDS,
    ) -> None:
        self.model = model
        self.threshold = model.threshold if threshold is None else threshold
        self.max_reply_tokens = max_reply_tokens
        self._front_end = StreamingLogMel(model.n_mels)
        self._chunk = 0
        # Tokens that are decided but not yet in the cache; they ride along with the next chunk.
        self._due = model.tokens.prefix(model.tokens.online, model.encode(system))
        self.context = Context(len(self._due), context_seconds)

    def push(self, samples: np.ndarray) -> Iterator[SessionEvent]:
        """Hear float32 samples (S,) at 16 kHz; yield what the chunks they complete bring about.

        The generator must be consumed: decisions are taken as it runs.

        Raises:
            UserError: the model hears whole clips only.
        """
        if self.model.clip_wide:
            raise UserError(
                "clip-wide normalisation needs the end of a clip before its start; leave "
                "--clip-wide out to stream, or score whole clips with `listen`"
            )
        yield from self.hear(self._front_end.push(samples))

    def flush(self, tail_seconds: float = 1.0) -> Iterator[SessionEvent]:
        """End of the input: hear `tail_seconds` of digital silence and fill up the last chunk.

        The tail lets a reply to the last event land, as the released code does.
        """
        yield from self.push(np.zeros(round(tail_seconds * SAMPLE_RATE), np.float32))
        yield from self.hear(self._front_end.flush())

    @torch.inference_mode()
    def hear(self, mel: np.ndarray) -> Iterator[SessionEvent]:
        """Hear chunks of log-mel, float32 (C, n_mels, 40), such as a whole clip's."""
        for chunk_mel in mel:
            yield from self.hear_frames(self.model.features_of_mel(chunk_mel[None])[0])

    @torch.inference_mode()
    def hear_frames(self, frames: torch.Tensor) -> Iterator[SessionEvent]:
        """Hear one chunk that is encoded already: float (10, d_model); `push` ends here, too."""
        tokens, cache = self.model.tokens, self.context.cache
        self.context.make_room(self.model.thinker, len(self._due))
        hidden = self.model.step([*self._due, *tokens.listening()], cache, frames)
        p_response = decide(self.model, hidden).item()
        now = seconds_of(self._chunk + 1)
        responds = p_response >= self.threshold
        yield Decision(self._chunk, now, p_response, responds)
        self._chunk += 1
        self._due = [tokens.silent]
        if responds:
            yield from self._respond(now)

    def _respond(self, now: float) -> Iterator[SessionEvent]:
        model, tokens, cache = self.model, self.model.tokens, self.context.cache
        hidden = model.step([tokens.response], cache)
        emotions = [tokens.emotion(name) for name in EMOTIONS]
        best = model.thinker.lm_head(hidden)[0, emotions].argmax().item()
        yield ResponseStart(now, EMOTIONS[best])
        hidden = model.step([emotions[best]], cache)
        ids, text = [], ""
        for token in model.generate(hidden, cache, self.max_reply_tokens):
            ids.append(token)
            grown = model.decode(ids)
            yield TextDelta(now, grown[len(text) :])
            text = grown
        self._due = []  # `generate` has put the closing <end> into the cache
        yield ResponseEnd(now, text)


def decide(model: InteractionModel, hidden: torch.Tensor) -> torch.Tensor:
    """p(response) at decision states: (..., hidden) -> (...), from the two control logits alone."""
    logits = model.thinker.lm_head(hidden)
    return logits[..., [model.tokens.silent, model.tokens.response]].float().softmax(-1)[..., 1]


@dataclass(frozen=True)
class Spoken:
    """A reply as it was given: chunk index from 0, decision time in s, text, emotion."""

    chunk: int
    time: float
    text: str
    emotion: str


@dataclass(frozen=True)
class Transcript:
    """Everything one pass over a stream produced.

    Attributes:
        seconds: length of the stream as heard, with its tail.
        p_response: float (C,), the decide signal.
        spoken: the replies in order.
        chunk_seconds: float (C,), wall time spent per chunk, replies included.
        threshold: the threshold in force.
    """

    seconds: float
    p_response: np.ndarray
    spoken: tuple[Spoken, ...]
    chunk_seconds: np.ndarray
    threshold: float

    @property
    def text(self) -> str:
        """All replies joined by spaces: the running transcript of an ASR stream."""
        return " ".join(reply.text for reply in self.spoken if reply.text)


def listen(
    model: InteractionModel,
    samples: np.ndarray,
    system: str,
    threshold: float | None = None,
    tail_seconds: float = 1.0,
    context_seconds: float | None = None,
) -> Transcript:
    """Run float32 samples (S,) at 16 kHz through a session, chunk by chunk.

    Scores are of all that was heard, so here nothing is forgotten unless `context_seconds` says so.

    A model with `clip_wide` hears the samples as one clip and the tail as another, as the release.
    """
    session = Session(model, system, threshold, context_seconds=context_seconds)
    p_response, spoken, wall = [], [], []
    emotion = "normal"
    before = time.perf_counter()

    def events():
        if model.clip_wide:
            yield from session.hear(model.mel(samples))
            yield from session.hear(model.mel(np.zeros(round(tail_seconds * SAMPLE_RATE))))
        else:
            yield from session.push(samples)
            yield from session.flush(tail_seconds)

    for event in events():
        match event:
            case Decision():
                p_response.append(event.p_response)
                wall.append(0.0)
            case ResponseStart():
                emotion = event.emotion
            case ResponseEnd():
                spoken.append(Spoken(len(p_response) - 1, event.time, event.text, emotion))
        now = time.perf_counter()
        wall[-1] += now - before
        before = now
    return Transcript(
        seconds=seconds_of(len(p_response)),
        p_response=np.array(p_response),
        spoken=tuple(spoken),
        chunk_seconds=np.array(wall),
        threshold=session.threshold,
    )
