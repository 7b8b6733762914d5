"""Reading and writing sound: any rate, any number of channels, wav, flac, ogg, opus and mp3.

Everything inside the kit is float32 mono at 16 kHz in [-1, 1].
"""

import io
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

from audio_interaction.errors import UserError
from audio_interaction.protocol import SAMPLE_RATE

_WRITE = {
    "opus": dict(format="OGG", subtype="OPUS", compression_level=0.95),  # about 18 kbit/s
    "opus-speech": dict(format="OGG", subtype="OPUS", compression_level=0.979),  # about 15 kbit/s
    "opus-small": dict(format="OGG", subtype="OPUS", compression_level=0.9825),  # about 9 kbit/s
    "flac": dict(format="FLAC", subtype="PCM_16"),
    "wav": dict(format="WAV", subtype="PCM_16"),
}

CODECS = ("flac", "opus", "opus-small")
"""What a corpus may be encoded with: lossless, small, smallest (`encode`)."""


def stream_audio(path: str | Path, block_seconds: float = 10.0) -> Iterator[np.ndarray]:
    """Yield a file as blocks of float32 mono samples at 16 kHz, in constant memory.

    Raises:
        UserError: the file is missing, not a sound libsndfile can read, holds no samples at 16 kHz,
            or NaN or infinite ones.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such audio file")
    try:
        file = soundfile.SoundFile(path)
    except soundfile.LibsndfileError as error:
        raise UserError(
            f"{path}: cannot be read as audio ({error.error_string}); "
            "use wav, flac, ogg, opus or mp3 (convert m4a or aac first)"
        ) from error
    with file:
        heard = given = 0
        resampler = soxr.ResampleStream(file.samplerate, SAMPLE_RATE, 1, dtype="float32")
        same_rate = file.samplerate == SAMPLE_RATE
        size = max(1, round(block_seconds * file.samplerate))
        while True:
            try:
                block = file.read(size, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                raise UserError(
                    f"{path}: damaged after {heard / file.samplerate:.1f} s ({error.error_string})"
                ) from error
            last = len(block) < size
            if not np.isfinite(block).all():
                raise UserError(
                    f"{path}: NaN or infinite samples within {heard / file.samplerate:.1f} and "
                    f"{(heard + len(block)) / file.samplerate:.1f} s; export the file again"
                )
            heard += len(block)
            mono = block.mean(axis=1) if file.channels > 1 else block[:, 0]
            if not same_rate:
                mono = resampler.resample_chunk(mono, last=last)
            if len(mono):
                given += len(mono)
                yield mono
            if last:
                break
    if given == 0:
        raise UserError(f"{path}: holds no samples, or too few to be heard at {SAMPLE_RATE} Hz")


def load_audio(path: str | Path) -> np.ndarray:
    """Read a whole file as float32 (S,) at 16 kHz; errors as `stream_audio`."""
    return np.concatenate(list(stream_audio(path)))


def decode(data: bytes) -> np.ndarray:
    """Decode the bytes of a 16 kHz mono sound of the corpus to float32 (S,).

    Raises:
        UserError: the bytes are not a sound, or not mono at 16 kHz.
    """
    try:
        samples, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    except soundfile.LibsndfileError as error:
        raise UserError(f"an audio cell of {len(data)} bytes cannot be decoded: {error}") from error
    if rate != SAMPLE_RATE or samples.ndim != 1:
        raise UserError(f"corpus audio must be mono at {SAMPLE_RATE} Hz, found {rate} Hz")
    return samples


def encode(samples: np.ndarray, kind: str = "flac") -> bytes:
    """Encode float32 (S,) at 16 kHz.

    Args:
        kind: "flac" or "wav" (16 bit), or the lossy "opus", "opus-speech" (clips of one voice) or
            "opus-small".

    The same samples always give the same bytes.
    """
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, SAMPLE_RATE, **_WRITE[kind])
    data = buffer.getvalue()
    if data.startswith(b"OggS"):
        data = _renumbered(data, serial=zlib.crc32(np.ascontiguousarray(samples)))
    return data


_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _renumbered(data: bytes, serial: int) -> bytes:
    """An Ogg stream with another serial number: libsndfile draws one at random (RFC 3533, §6)."""
    pages, at = [], 0
    while at < len(data):
        body = at + 27 + data[at + 26]  # behind the table of segments, whose bytes are lengths
        end = body + sum(data[at + 27 : body])
        page = bytearray(data[at:end])
        page[14:18] = serial.to_bytes(4, "little")
        page[22:26] = bytes(4)
        page[22:26] = _ogg_checksum(page).to_bytes(4, "little")
        pages.append(page)
        at = end
    return b"".join(pages)


def _ogg_checksum(page: bytes) -> int:
    """CRC-32 of Ogg: the polynomial of zlib with its bits in the other order, and no inversion."""
    mirrored = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
