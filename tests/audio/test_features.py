"""The causal log-mel: streaming equals offline, nothing comes from the future."""

import librosa
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_interaction.audio.features import LOG_FLOOR, StreamingLogMel, clip_log_mel, log_mel
from audio_interaction.protocol import CHUNK_SAMPLES

NOISE = np.random.default_rng(0).standard_normal(5 * CHUNK_SAMPLES + 123).astype(np.float32) * 0.1


@given(st.lists(st.integers(0, 9_000), max_size=30))
@settings(deadline=None)
def test_streaming_equals_offline_to_the_last_bit_for_any_push_sizes(sizes):
    front_end, chunks, at = StreamingLogMel(), [], 0
    for size in [*sizes, len(NOISE)]:
        chunks.append(front_end.push(NOISE[at : at + size]))
        at += size
    chunks.append(front_end.flush())
    assert np.array_equal(np.concatenate(chunks), log_mel(NOISE))


@given(st.integers(0, 4))
def test_a_chunk_does_not_know_what_comes_after_it(chunk):
    changed = NOISE.copy()
    changed[(chunk + 1) * CHUNK_SAMPLES :] = 0.5
    assert np.array_equal(log_mel(changed)[: chunk + 1], log_mel(NOISE)[: chunk + 1])


def test_it_is_librosas_mel_spectrogram_shifted_to_the_past():
    ours = log_mel(NOISE[: 3 * CHUNK_SAMPLES]).transpose(1, 0, 2).reshape(80, -1)
    past = np.concatenate([np.zeros(240, np.float32), NOISE[: 3 * CHUNK_SAMPLES]])
    mel = librosa.feature.melspectrogram(
        y=past, sr=16_000, n_fft=400, hop_length=160, center=False, n_mels=80, power=2.0
    )
    expected = (np.maximum(np.log10(np.maximum(mel, 1e-10)), LOG_FLOOR) + 4) / 4
    np.testing.assert_allclose(ours, expected, atol=1e-4)


def test_digital_silence_is_the_floor():
    mel = log_mel(np.zeros(CHUNK_SAMPLES, np.float32))
    np.testing.assert_allclose(mel, (LOG_FLOOR + 4) / 4, atol=1e-6)


def test_a_partial_chunk_is_filled_up_and_none_stays_none():
    assert log_mel(NOISE[:10]).shape == (1, 80, 40)
    assert log_mel(NOISE[:0], n_mels=128).shape == (0, 128, 40)


def test_pending_counts_the_samples_that_wait():
    front_end = StreamingLogMel()
    front_end.push(NOISE[:6_500])
    assert front_end.pending == 100
    front_end.reset()
    assert front_end.pending == 0


def test_clip_wide_features_are_whispers():
    from transformers import WhisperFeatureExtractor

    whisper = WhisperFeatureExtractor(feature_size=128)
    clip = NOISE[: 3 * CHUNK_SAMPLES] * np.linspace(0, 1, 3 * CHUNK_SAMPLES, dtype=np.float32) ** 8
    expected = whisper(
        clip, sampling_rate=16_000, padding=False, truncation=False, return_tensors="np"
    ).input_features[0]
    ours = clip_log_mel(clip).transpose(1, 0, 2).reshape(128, -1)
    np.testing.assert_allclose(ours, expected, atol=1e-4)
    assert ours.min() == ours.max() - 2  # 80 dB


def test_clip_wide_features_fill_up_the_last_chunk_and_look_ahead():
    assert clip_log_mel(NOISE[:10], 80).shape == (1, 80, 40)
    assert clip_log_mel(NOISE[:0], 80).shape == (0, 80, 40)
    quiet = NOISE[: 2 * CHUNK_SAMPLES] * 0.001
    loud = quiet.copy()
    loud[-100] = 1
    assert (clip_log_mel(quiet, 80)[0] != clip_log_mel(loud, 80)[0]).any()
    assert (log_mel(quiet)[0] == log_mel(loud)[0]).all()
