"""Reading any sound a user brings, and saying clearly what is wrong with one that cannot be."""

import io
import tracemalloc

import numpy as np
import pytest
import soundfile

from audio_interaction.audio.io import _renumbered, decode, encode, load_audio, stream_audio
from audio_interaction.errors import UserError


def tone(rate, seconds=1.0, hz=440.0):
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate)).astype(np.float32)


@pytest.mark.parametrize(
    ("suffix", "subtype"), [("wav", "PCM_16"), ("flac", "PCM_16"), ("ogg", "VORBIS"), ("mp3", None)]
)
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_any_format_rate_and_channel_count_becomes_16_khz_mono(tmp_path, suffix, subtype, rate):
    path = tmp_path / f"tone.{suffix}"
    mono = tone(rate)
    soundfile.write(path, np.stack([mono, mono], axis=1), rate, subtype=subtype)
    samples = load_audio(path)
    assert samples.dtype == np.float32 and samples.ndim == 1
    assert abs(len(samples) - 16_000) < 1_700  # mp3 pads its ends
    spectrum = np.abs(np.fft.rfft(samples[:16_000]))
    assert abs(np.argmax(spectrum) * 16_000 / len(samples[:16_000]) - 440) < 3


def test_blocks_joined_are_the_whole_file(tmp_path):
    path = tmp_path / "tone.wav"
    soundfile.write(path, tone(44_100, 3.3), 44_100)
    whole = load_audio(path)
    assert np.array_equal(np.concatenate(list(stream_audio(path, 10.0))), whole)
    pieces = np.concatenate(list(stream_audio(path, 0.05)))
    assert len(pieces) == len(whole) and np.abs(pieces - whole).max() < 1e-4


def test_a_ten_hour_file_streams_in_constant_memory(tmp_path):
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", 8_000, 1, "PCM_U8") as file:
        silence = np.zeros(8_000 * 600, np.float32)
        for _ in range(60):
            file.write(silence)
    tracemalloc.start()
    samples = sum(len(block) for block in stream_audio(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert abs(samples - 16_000 * 36_000) < 100
    assert peak < 20e6


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.wav: no such audio file"):
        load_audio(tmp_path / "nowhere.wav")


def test_something_that_is_no_sound_is_refused_with_a_way_out(tmp_path):
    path = tmp_path / "notes.wav"
    path.write_text("these are not the samples you are looking for")
    with pytest.raises(UserError, match=r"notes\.wav: cannot be read as audio .*use wav, flac"):
        load_audio(path)


def test_an_empty_sound_is_refused(tmp_path):
    path = tmp_path / "empty.wav"
    soundfile.write(path, np.zeros(0, np.float32), 16_000)
    with pytest.raises(UserError, match=r"empty\.wav: holds no samples"):
        load_audio(path)


def test_a_sound_too_short_to_resample_is_refused(tmp_path):
    path = tmp_path / "click.wav"
    soundfile.write(path, np.ones(1), 48_000)
    with pytest.raises(UserError, match=r"click\.wav: holds no samples, or too few"):
        load_audio(path)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_refused_with_their_place(tmp_path, bad):
    path = tmp_path / "nan.wav"
    samples = tone(16_000, 25)
    samples[12 * 16_000] = bad
    soundfile.write(path, samples, 16_000, subtype="FLOAT")
    with pytest.raises(UserError, match=r"NaN or infinite samples within 10\.0 and 20\.0 s"):
        load_audio(path)


@pytest.mark.parametrize(("kind", "tolerance"), [("flac", 1e-4), ("wav", 1e-4), ("opus", 0.05)])
def test_corpus_audio_round_trips(kind, tolerance):
    samples = tone(16_000, 1.003)
    back = decode(encode(samples, kind))
    assert len(back) == len(samples)
    assert np.sqrt(np.mean((back - samples)[800:-800] ** 2)) < tolerance


@pytest.mark.parametrize("kind", ["flac", "wav", "opus", "opus-speech", "opus-small"])
def test_the_same_samples_give_the_same_bytes(kind):
    samples = tone(16_000, 3.0)
    assert encode(samples, kind) == encode(samples, kind)
    assert encode(samples[::2], kind) != encode(samples, kind)


def test_only_the_serial_number_of_opus_is_ours():
    samples, buffer = tone(16_000, 3.0), io.BytesIO()
    soundfile.write(buffer, samples, 16_000, format="OGG", subtype="OPUS", compression_level=0.95)
    theirs = buffer.getvalue()  # with the checksums of libogg
    assert _renumbered(theirs, int.from_bytes(theirs[14:18], "little")) == theirs
    ours = encode(samples, "opus")
    assert ours != theirs and np.array_equal(decode(ours), decode(theirs))


def test_corpus_audio_of_another_rate_is_refused():
    buffer = io.BytesIO()
    soundfile.write(buffer, tone(8_000), 8_000, format="WAV")
    with pytest.raises(UserError, match="must be mono at 16000 Hz, found 8000 Hz"):
        decode(buffer.getvalue())
    with pytest.raises(UserError, match="4 bytes cannot be decoded"):
        decode(b"oggs")
