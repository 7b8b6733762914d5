"""A stream as a row of the corpus, and back."""

from collections.abc import Mapping

from datasets import Audio, Features, List, Value

from audio_interaction.audio.io import decode, encode
from audio_interaction.audio.mixing import limit
from audio_interaction.corpus.schema import Stream, stream_from_timeline
from audio_interaction.corpus.tasks import TASKS
from audio_interaction.protocol import SAMPLE_RATE

LOSSY_PEAK = 0.5  # at so few bits noise overshoots by half, and is not to be clipped when decoded

_text, _time = Value("string"), Value("float64")
_word = {"text": _text, "start": _time, "end": _time}
_event = {"start": _time, "end": _time, "words": List(_word)} | {
    name: _text for name in ("kind", "text", "role", "source", "clip")
}
_response = {"start": _time, "end": _time, "text": _text, "emotion": _text, "kind": _text}
FEATURES = Features(
    {
        "id": _text,
        "split": _text,
        "task": _text,
        "ability": _text,
        "system": _text,
        "audio": Audio(sampling_rate=SAMPLE_RATE, decode=False),
        "seconds": _time,
        "events": List(_event),
        "responses": List(_response),
        "snr_db": _time,
        "rt60_s": _time,
    }
)


def row_of(stream: Stream, codec: str = "flac", ability: str | None = None) -> dict:
    """A stream as a row of the corpus; `codec` as `audio.io.encode` ("flac" is lossless).

    The ability is that of its task; a stream of no registered task needs one given.
    """
    suffix = codec.partition("-")[0]
    samples = stream.audio if codec == "flac" else limit(stream.audio, LOSSY_PEAK)
    return stream.timeline() | {
        "ability": TASKS[stream.task].ability if ability is None else ability,
        "seconds": len(stream.audio) / SAMPLE_RATE,
        "audio": {"bytes": encode(samples, codec), "path": f"{stream.id}.{suffix}"},
    }


def stream_from_row(row: Mapping) -> Stream:
    """Inverse of `row_of`, up to the loss of the codec."""
    return stream_from_timeline(row, decode(row["audio"]["bytes"]))
