"""The frame cache: made once, never half, made anew when anything it depends on changes."""

import multiprocessing
import resource

import numpy as np
import pytest
import torch

from audio_interaction.errors import UserError
from audio_interaction.model.interaction import new_model
from audio_interaction.model.tokenizer import train_tokenizer
from audio_interaction.training import frames as frames_module
from audio_interaction.training.base import domain_texts
from audio_interaction.training.frames import (
    ENTRY_FILE,
    FRAMES_FILE,
    RECORDS_FILE,
    cached_frames,
    frame_count,
    tower_digest,
)

CLIPS = [
    np.random.default_rng(i).standard_normal(n).astype(np.float32) * 0.1
    for i, n in enumerate((6_400, 100, 20_000))
]


def get(root, model, key=None, clips=CLIPS, calls=None, mel=False):
    def make():
        if calls is not None:
            calls.append(1)
        for index, clip in enumerate(clips):
            yield {"index": index}, clip

    return cached_frames(root, key or {"seed": 1}, model, make, len(clips), "test", mel=mel)


@pytest.mark.parametrize(("dtype", "error"), [(torch.float32, 1e-3), (torch.bfloat16, 0.05)])
def test_frames_are_the_models_own_up_to_precision(tmp_path, untrained, monkeypatch, dtype, error):
    monkeypatch.setattr(frames_module, "frames_dtype", lambda device: dtype)
    records, frames = get(tmp_path, untrained)
    assert [record["index"] for record in records] == [0, 1, 2]
    assert [len(piece) for piece in frames] == [10, 10, 40]
    for clip, piece in zip(CLIPS, frames, strict=True):
        expected = untrained.features(clip).flatten(0, 1)
        assert (piece.float() - expected).norm() < error * expected.norm()
        if dtype is torch.float32:
            torch.testing.assert_close(piece.float(), expected, rtol=1e-2, atol=5e-3)


def test_another_precision_is_another_entry(tmp_path, untrained, monkeypatch):
    calls = []
    for dtype in (torch.float32, torch.bfloat16):
        monkeypatch.setattr(frames_module, "frames_dtype", lambda device, dtype=dtype: dtype)
        get(tmp_path, untrained, calls=calls)
    assert len(calls) == 2


def test_the_log_mel_is_kept_for_ears_that_learn(tmp_path, untrained):
    _, pieces = get(tmp_path, untrained, mel=True)
    for clip, piece in zip(CLIPS, pieces, strict=True):
        expected = torch.from_numpy(untrained.mel(clip))
        torch.testing.assert_close(piece.float(), expected, rtol=1e-3, atol=1e-3)
    _, frames = get(tmp_path, untrained)
    assert list(map(frame_count, pieces)) == list(map(frame_count, frames)) == [10, 10, 40]


def test_the_second_time_nothing_is_encoded(tmp_path, untrained):
    calls = []
    first = get(tmp_path, untrained, calls=calls)
    second = get(tmp_path, untrained, calls=calls)
    assert len(calls) == 1
    assert all(torch.equal(a, b) for a, b in zip(first[1], second[1], strict=True))


def test_another_key_is_another_entry(tmp_path, untrained):
    calls = []
    get(tmp_path, untrained, {"seed": 1}, calls=calls)
    get(tmp_path, untrained, {"seed": 2}, calls=calls)
    assert len(calls) == 2


def test_an_interrupted_entry_leaves_nothing_and_is_made_again(tmp_path, untrained):
    def broken():
        yield {"index": 0}, CLIPS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached_frames(tmp_path, {"seed": 1}, untrained, broken, 3, "test")
    assert list(tmp_path.iterdir()) == []
    assert len(get(tmp_path, untrained)[0]) == 3


def test_the_digest_knows_the_ears_and_not_the_projector(untrained):
    before = tower_digest(untrained)
    tower = untrained.thinker.model.audio_tower
    with torch.no_grad():
        tower.proj.weight += 1.0
        assert tower_digest(untrained) == before
        tower.proj.weight -= 1.0
        tower.layers[0].self_attn.q_proj.bias += 1.0
        assert tower_digest(untrained) != before
        tower.layers[0].self_attn.q_proj.bias -= 1.0


def damage(entry, name, how):
    path = entry / name
    content = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "truncated":
        path.write_bytes(content[:-100])
    else:  # one bit
        path.write_bytes(content[:50] + bytes([content[50] ^ 1]) + content[51:])


@pytest.mark.parametrize("how", ["missing", "truncated", "flipped"])
@pytest.mark.parametrize("name", [FRAMES_FILE, RECORDS_FILE, ENTRY_FILE])
def test_a_damaged_entry_is_noticed_and_made_anew(tmp_path, untrained, capsys, name, how):
    calls = []
    records, frames = get(tmp_path, untrained, calls=calls)
    expected = [piece.clone() for piece in frames]
    (entry,) = tmp_path.iterdir()
    damage(entry, name, how)
    again, pieces = get(tmp_path, untrained, calls=calls)
    if (name, how) != (ENTRY_FILE, "flipped"):  # whose own key may be what was hit
        assert len(calls) == 2 and "made anew" in capsys.readouterr().err
    assert again == records
    assert all(torch.equal(a, b) for a, b in zip(pieces, expected, strict=True))
    assert list(tmp_path.iterdir()) == [entry]


def test_other_code_is_another_entry(tmp_path, untrained, monkeypatch):
    calls = []
    get(tmp_path, untrained, calls=calls)
    monkeypatch.setattr(frames_module, "code_digest", lambda *modules: "changed")
    get(tmp_path, untrained, calls=calls)
    assert len(calls) == 2


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, untrained):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(UserError, match="cannot be written"):
            get(tmp_path, untrained)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def _get_in_another_process(root, queue):
    torch.manual_seed(0)
    model = new_model("tiny", train_tokenizer(domain_texts()))
    calls = []
    get(root, model, calls=calls)
    queue.put(len(calls))


@pytest.mark.slow
def test_one_process_makes_an_entry_and_the_others_wait(tmp_path):
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    arguments = (tmp_path, queue)
    processes = [context.Process(target=_get_in_another_process, args=arguments) for _ in range(3)]
    for process in processes:
        process.start()
    assert sorted(queue.get(timeout=300) for _ in processes) == [0, 0, 1]
    for process in processes:
        process.join()
    assert len(list(tmp_path.iterdir())) == 1
