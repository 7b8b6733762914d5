"""Checks of notebook 02: labels of a stream, mixtures, leaks between splits."""

import numpy as np

from audio_interaction.audio.mixing import rms
from audio_interaction.checks.feedback import ask, check, expect
from audio_interaction.protocol import CHUNK_SAMPLES, SAMPLE_RATE, chunks_in, trigger_chunk

SILENT, RESPONSE = "silent", "response"

_STREAMS = (
    ("one trigger inside a chunk", 2.0, [0.7]),
    ("no trigger at all", 1.2, []),
    ("a stream that ends inside a chunk", 1.0, [0.9]),
    ("two triggers in one chunk", 2.0, [0.5, 0.7]),
    ("a trigger that ends exactly on a chunk border", 2.0, [0.8]),
    ("borders that are no exact binary numbers", 4.0, [3 * 0.4, 7 * 0.4]),
)


@check
def check_02_1(answer) -> str:
    """Labels of a stream, one word a chunk."""
    for what, seconds, ends in _STREAMS:
        labels = list(ask(answer, seconds, list(ends)))
        chunks = chunks_in(round(seconds * SAMPLE_RATE))
        case = f"{what} ({seconds} s, triggers end at {ends})"
        expect(
            len(labels) == chunks,
            f"{case}: you give {len(labels)} labels; how many chunks of 0.4 s hold that stream?",
        )
        if strange := sorted({str(label) for label in labels} - {SILENT, RESPONSE}):
            expect(False, f"{case}: {strange[0]!r} is neither {SILENT!r} nor {RESPONSE!r}.")
        found = [chunk for chunk, label in enumerate(labels) if label == RESPONSE]
        due = sorted({trigger_chunk(end) for end in ends})
        late = len(found) == len(due) and all(a == b + 1 for a, b in zip(found, due, strict=True))
        expect(not (late and due), f"{case}: one chunk too late; is chunk 0 the first one?")
        expect(
            found == due,
            f"{case}: you respond in the chunks {found}. Which chunk holds the last sample of "
            "each trigger? Count whole samples: 0.4 has no exact binary form.",
        )
    return f"every trigger falls into its chunk of {CHUNK_SAMPLES} samples, the borders too."


@check
def check_02_2(answer) -> str:
    """Signal plus noise at a ratio that counts only where the signal is active."""
    rng = np.random.default_rng(0)
    active = np.zeros(SAMPLE_RATE, bool)
    active[4_000:8_000] = True
    for snr_db in (0.0, 10.0, 20.0):
        signal = np.where(active, rng.normal(0, 0.1, len(active)), 0.0)
        noise = rng.normal(0, 0.03, len(active))
        mixed = np.asarray(ask(answer, signal.copy(), noise.copy(), snr_db, active.copy()), float)
        expect(
            mixed.shape == signal.shape,
            f"the mixture has the shape {mixed.shape}, the signal {signal.shape}.",
        )
        expect(np.isfinite(mixed).all(), "the mixture holds numbers that are not finite.")
        added = mixed - signal
        gain = added @ noise / (noise @ noise)
        expect(
            gain > 0 and np.allclose(added, gain * noise, atol=1e-6),
            "the mixture less the signal is not the noise times one factor; only the noise may be "
            "scaled, and by the same factor everywhere.",
        )
        found = 20 * np.log10(rms(signal[active]) / rms(added))
        whole = 20 * np.log10(rms(signal) / rms(added))
        expect(
            abs(whole - snr_db) > 0.05,
            f"asked for {snr_db:.0f} dB, your ratio holds over the whole length, pauses included; "
            "measure the signal where it is active.",
        )
        expect(
            abs(found - snr_db) < 0.05,
            f"asked for {snr_db:.0f} dB where the signal is active, found {found:.1f} dB. Decibels "
            "of a ratio of RMS values are 20 log10, those of a ratio of powers 10 log10.",
        )
    return "the ratio is right at every level, and pauses do not count."


def _row(*heard: tuple[str, str]) -> dict:
    return {"events": [{"kind": kind, "text": text} for kind, text in heard]}


@check
def check_02_3(answer) -> str:
    """Sentences that are heard in both of two lists of rows."""
    one = [
        _row(("speech", "call anna"), ("sound", "bell")),
        _row(("speech", "What comes after two"), ("speech", "the milk is on the list")),
        _row(),
    ]
    two = [
        _row(("sound", "bell"), ("speech", "what comes after two")),
        _row(("speech", "call tom"), ("speech", "one two")),
        _row(("speech", "one two")),
    ]
    found = ask(answer, one, two)
    expect(isinstance(found, (set, frozenset)), f"a set is expected, not {type(found).__name__}.")
    found = {str(text).lower() for text in found}
    expect("bell" not in found, "'bell' is a sound, not a sentence; look at the kind of an event.")
    expect(
        found,
        "nothing found, but one sentence is heard in both, once with a capital letter.",
    )
    expect(
        "one two" not in found,
        "'one two' is heard twice in the second list and never in the first.",
    )
    expect(
        found == {"what comes after two"},
        f"you found {sorted(found)}; one sentence is heard in both.",
    )
    clean = ask(answer, one, [_row(("speech", "call lucy"))])
    expect(set(clean) == set(), f"two clean lists, and your function finds {sorted(clean)}.")
    return "the planted leak is found, and nothing else."
