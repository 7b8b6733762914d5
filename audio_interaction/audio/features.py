"""Causal log-mel features, one 0.4 s chunk at a time.

A frame covers the 25 ms that *end* with its hop, so a chunk of 6,400 samples is 40 frames that need
no sample from the future, only the 240 samples before the chunk. Whisper centres its windows, which
is the same framing 2.5 ms later; and it floors the spectrum 80 dB below the maximum of the
*whole clip*, which a stream cannot know. Here the floor is fixed, so streaming and offline features
are the same numbers: both run `chunk_mel` once per chunk. `clip_log_mel` is Whisper's own rule, for
offline scoring of weights that were trained with it.

Source: https://github.com/openai/whisper (audio.py) for window, hop, filters and scaling; paper
§5.3 for chunk isolation.
"""

from functools import lru_cache

import numpy as np

from audio_interaction.protocol import (
    CHUNK_SAMPLES,
    MEL_FRAMES_PER_CHUNK,
    MEL_HOP,
    MEL_WINDOW,
    SAMPLE_RATE,
    chunks_in,
)

LOG_FLOOR = -6.5
"""Fixed floor of log10 mel power; full scale is near 0."""

CONTEXT_SAMPLES = MEL_WINDOW - MEL_HOP
"""Samples before a chunk that its first frames still cover: 240 (15 ms)."""


@lru_cache
def mel_filters(n_mels: int) -> np.ndarray:
    """Slaney mel filters, float32 (201, n_mels), as Whisper uses them."""
    from librosa.filters import mel  # librosa takes a second to import

    return mel(sr=SAMPLE_RATE, n_fft=MEL_WINDOW, n_mels=n_mels).T.astype(np.float32)


@lru_cache
def _window() -> np.ndarray:
    return np.hanning(MEL_WINDOW + 1)[:-1].astype(np.float32)  # periodic Hann


def chunk_mel(samples: np.ndarray, n_mels: int) -> np.ndarray:
    """Log-mel of one chunk and its left context.

    Args:
        samples: float32 (240 + 6400,).

    Returns:
        float32 (n_mels, 40).
    """
    frames = np.lib.stride_tricks.sliding_window_view(samples, MEL_WINDOW)[::MEL_HOP]
    power = np.abs(np.fft.rfft(frames * _window())).astype(np.float32) ** 2
    mel = power @ mel_filters(n_mels)
    log = np.log10(np.maximum(mel, np.float32(10.0**LOG_FLOOR)))
    return ((log + 4.0) / 4.0).T.astype(np.float32)


class StreamingLogMel:
    """Log-mel of a stream pushed in pieces of any size.

    >>> front_end = StreamingLogMel()
    >>> front_end.push(np.zeros(6000, np.float32)).shape
    (0, 80, 40)
    >>> front_end.push(np.zeros(500, np.float32)).shape
    (1, 80, 40)
    """

    def __init__(self, n_mels: int = 80) -> None:
        self.n_mels = n_mels
        self.reset()

    def reset(self) -> None:
        """Forget everything heard so far."""
        self._buffer = np.zeros(CONTEXT_SAMPLES, np.float32)

    @property
    def pending(self) -> int:
        """Samples that wait for their chunk to fill up: 0 to 6399."""
        return len(self._buffer) - CONTEXT_SAMPLES

    def push(self, samples: np.ndarray) -> np.ndarray:
        """Add samples, float32 (S,) in [-1, 1]; return the chunks they complete.

        Returns:
            float32 (C, n_mels, 40), C = 0 or more.
        """
        buffer = np.concatenate([self._buffer, np.asarray(samples, np.float32)])
        complete = (len(buffer) - CONTEXT_SAMPLES) // CHUNK_SAMPLES
        chunks = np.empty((complete, self.n_mels, MEL_FRAMES_PER_CHUNK), np.float32)
        for index in range(complete):
            start = index * CHUNK_SAMPLES
            piece = buffer[start : start + CONTEXT_SAMPLES + CHUNK_SAMPLES]
            chunks[index] = chunk_mel(piece, self.n_mels)
        self._buffer = buffer[complete * CHUNK_SAMPLES :].copy()
        return chunks

    def flush(self) -> np.ndarray:
        """Fill the last chunk with digital silence; float32 (0 or 1, n_mels, 40)."""
        return self.push(np.zeros(-self.pending % CHUNK_SAMPLES, np.float32))


def log_mel(samples: np.ndarray, n_mels: int = 80) -> np.ndarray:
    """Log-mel of a whole clip: float32 (S,) at 16 kHz -> float32 (C, n_mels, 40).

    The last chunk is filled up with digital silence. Equal to any sequence of `push` and a final
    `flush`, to the last bit.
    """
    padded = np.zeros(CONTEXT_SAMPLES + chunks_in(len(samples)) * CHUNK_SAMPLES, np.float32)
    padded[CONTEXT_SAMPLES : CONTEXT_SAMPLES + len(samples)] = samples
    front_end = StreamingLogMel(n_mels)
    return front_end.push(padded[CONTEXT_SAMPLES:])


WHISPER_RANGE = 8.0
"""Whisper keeps 8 decades of power (80 dB) below the loudest value of a clip."""


def clip_log_mel(samples: np.ndarray, n_mels: int = 128) -> np.ndarray:
    """Whisper's log-mel of a whole clip: float32 (S,) at 16 kHz -> float32 (C, n_mels, 40).

    What the released Audio-Interaction weights were trained with: windows centred on their hop,
    and everything more than 80 dB below the loudest value of the *clip* raised to that floor. It
    costs causality: the first chunk depends on the last sample, so no stream can compute it, and
    scores obtained with it tell nothing of streaming.

    The last chunk is filled up with digital silence, as the release does.
    Source: https://github.com/openai/whisper (audio.py, `log_mel_spectrogram`).
    """
    chunks = chunks_in(len(samples))
    if not chunks:
        return np.empty((0, n_mels, MEL_FRAMES_PER_CHUNK), np.float32)
    padded = np.zeros(chunks * CHUNK_SAMPLES, np.float32)
    padded[: len(samples)] = samples
    padded = np.pad(padded, MEL_WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, MEL_WINDOW)[::MEL_HOP][:-1]
    power = np.abs(np.fft.rfft(frames * _window())).astype(np.float32) ** 2
    log = np.log10(np.maximum(power @ mel_filters(n_mels), np.float32(1e-10)))
    log = np.maximum(log, log.max() - np.float32(WHISPER_RANGE))
    mel = ((log + 4.0) / 4.0).astype(np.float32)  # (C * 40, n_mels)
    return mel.reshape(chunks, MEL_FRAMES_PER_CHUNK, n_mels).transpose(0, 2, 1)
