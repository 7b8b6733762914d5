"""The released layout, imported, computes what an independent forward of that layout computes."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from transformers import Qwen2_5OmniAudioEncoderConfig
from transformers.models.qwen2_5_omni.modeling_qwen2_5_omni import Qwen2_5OmniAudioEncoder

from audio_interaction.audio.features import clip_log_mel, log_mel
from audio_interaction.errors import UserError
from audio_interaction.model.adapter import add_adapter
from audio_interaction.model.interaction import load_model
from audio_interaction.model.released import SYSTEM, split_qkv
from audio_interaction.protocol import EMOTIONS, SAMPLE_RATE, ControlTokens
from audio_interaction.streaming.session import Session, listen

from .conftest import published_config

NOISE = np.random.default_rng(0).standard_normal(5 * SAMPLE_RATE).astype(np.float32)
NOISE *= np.repeat(np.random.default_rng(1).uniform(0.001, 0.3, 50), 1600).astype(np.float32)


# The released language model in plain PyTorch, from LitGPT's description: pre-norm blocks, one
# fused matrix, keys shared by groups of heads, rotary positions on the two halves of a head.


def rms(x, weight, eps=1e-6):
    return x * (x.pow(2).mean(-1, keepdim=True) + eps).rsqrt() * weight


def rotated(x, positions):
    head = x.shape[-1]
    frequencies = 1_000_000.0 ** -(torch.arange(0, head, 2).float() / head)
    angles = positions.float()[:, None] * frequencies
    cos, sin = angles.cos(), angles.sin()
    first, second = x[..., : head // 2], x[..., head // 2 :]
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)


def reference_qkv(tensors, layer, chosen, x):
    head, groups = chosen.hidden // chosen.heads, chosen.kv_heads
    share = chosen.heads // groups
    prefix = f"transformer.h.{layer}.attn."
    if f"{prefix}qkv.weight" in tensors:
        mixed = F.linear(x, tensors[f"{prefix}qkv.weight"], tensors[f"{prefix}qkv.bias"])
        mixed = mixed.unflatten(-1, (-1, head)).transpose(0, 1)
        return mixed[: chosen.heads], mixed[chosen.heads : -groups], mixed[-groups:]
    queries, keys, values = [], [], []
    for group in range(groups):  # the older order: each group's queries, its key, its value
        start = group * (share + 2) * head
        rows = slice(start, start + (share + 2) * head)
        weight, bias = tensors[f"{prefix}attn.weight"][rows], tensors[f"{prefix}attn.bias"][rows]
        parts = F.linear(x, weight, bias).unflatten(-1, (share + 2, head)).transpose(0, 1)
        queries += parts[:share]
        keys.append(parts[share])
        values.append(parts[share + 1])
    return torch.stack(queries), torch.stack(keys), torch.stack(values)


def reference_hidden(tensors, chosen, x, half_positions=True):
    """Embeddings (T, hidden) -> states before the head (T, hidden), without a cache."""
    positions = torch.arange(len(x))
    if half_positions:
        positions = positions.to(torch.float16)
    future = torch.ones(len(x), len(x), dtype=torch.bool).triu(1)
    for layer in range(chosen.layers):
        prefix = f"transformer.h.{layer}."
        query, key, value = reference_qkv(
            tensors, layer, chosen, rms(x, tensors[f"{prefix}norm_1.weight"])
        )
        share = chosen.heads // chosen.kv_heads
        key, value = key.repeat_interleave(share, 0), value.repeat_interleave(share, 0)
        scores = rotated(query, positions) @ rotated(key, positions).transpose(1, 2)
        scores = (scores / query.shape[-1] ** 0.5).masked_fill(future, -torch.inf)
        mixed = (scores.softmax(-1) @ value).transpose(0, 1).flatten(1)
        x = x + mixed @ tensors[f"{prefix}attn.proj.weight"].T
        normed = rms(x, tensors[f"{prefix}norm_2.weight"])
        gate = F.silu(normed @ tensors[f"{prefix}mlp.fc_1.weight"].T)
        inner = gate * (normed @ tensors[f"{prefix}mlp.fc_2.weight"].T)
        x = x + inner @ tensors[f"{prefix}mlp.proj.weight"].T
    return rms(x, tensors["transformer.ln_f.weight"])


def reference_tower(tower, chosen):
    """Hugging Face's own encoder with the file's state, called as the release calls it."""
    audio = published_config(chosen)["thinker_config"]["audio_config"]
    config = Qwen2_5OmniAudioEncoderConfig(**audio)
    encoder = Qwen2_5OmniAudioEncoder(config).eval()
    encoder.load_state_dict(tower)

    def encode(mel):
        flat = torch.from_numpy(mel).permute(1, 0, 2).flatten(1)
        out = encoder(flat, feature_lens=torch.full((len(mel),), 40)).last_hidden_state
        return out.unflatten(0, (-1, 10))

    return encode


def reference_stream(checkpoint, encoded, system, threshold, max_words):
    """The release's loop: everything so far through the model anew, one token at a time."""
    _, chosen, tensors, _ = checkpoint
    t = ControlTokens.released()
    wte, head = tensors["transformer.wte.weight"], tensors["lm_head.weight"]
    x = wte[[151609, 151611, 151644, 151644, *system, 151643]]

    def append(*ids):
        nonlocal x
        x = torch.cat([x, wte[list(ids)]])

    def logits():
        return head @ reference_hidden(tensors, chosen, x)[-1]

    p_response, replies = [], []
    for frames in encoded:
        append(151647)
        x = torch.cat([x, frames])
        append(151602)
        p = logits()[[151605, 151644]].softmax(-1)[1].item()
        p_response.append(p)
        if p < threshold:
            append(151605)
            continue
        append(151644)
        emotions = [t.emotion(name) for name in EMOTIONS]
        emotion = logits()[emotions].argmax().item()
        append(emotions[emotion])
        words = []
        while len(words) < max_words and (word := logits().argmax().item()) != 151643:
            words.append(word)
            append(word)
        append(151643)
        replies.append((len(p_response) - 1, EMOTIONS[emotion], words))
    return p_response, replies


@torch.inference_mode()
def test_imported_weights_give_the_same_logits(released_checkpoint):
    folder, chosen, tensors, tower = released_checkpoint
    thinker = load_model(folder).thinker
    ids = torch.randint(0, chosen.vocab, (60,))
    mel = log_mel(NOISE[:6400], 128)
    frames = load_model(folder).features_of_mel(mel)[0]
    embeddings = tensors["transformer.wte.weight"][ids].clone()
    embeddings[20:30] = reference_tower(tower, chosen)(mel)[0]
    expected = reference_hidden(tensors, chosen, embeddings) @ tensors["lm_head.weight"].T

    is_frame = torch.zeros(1, 60, dtype=torch.bool)
    is_frame[0, 20:30] = True
    ours = thinker.lm_head(thinker.decode_embeddings(thinker.embed(ids[None], is_frame, frames)))
    torch.testing.assert_close(ours[0], expected, rtol=1e-4, atol=1e-4)
    assert expected.std() > 0.5  # not all alike


@pytest.mark.parametrize("clip_wide", [False, True], ids=["causal", "clip-wide"])
@torch.inference_mode()
def test_a_stream_gets_the_same_decisions(released_checkpoint, clip_wide):
    folder, chosen, _, tower = released_checkpoint
    model = load_model(folder, clip_wide=clip_wide)
    encode = reference_tower(tower, chosen)
    tail = np.zeros(SAMPLE_RATE, np.float32)
    if clip_wide:  # the silence after the clip is a clip of its own
        encoded = torch.cat([encode(clip_log_mel(part)) for part in (NOISE, tail)])
    else:
        encoded = encode(log_mel(np.concatenate([NOISE, tail]), 128))
    silent = listen(model, NOISE, "listen", threshold=1.1)
    threshold = float(np.quantile(silent.p_response, 0.95))
    p_response, replies = reference_stream(
        released_checkpoint, encoded, model.encode("listen"), threshold, max_words=5
    )

    session, said = Session(model, "listen", threshold, max_reply_tokens=5), []
    generate = model.generate

    def generate_and_keep(*args):
        words = []
        for word in generate(*args):
            words.append(word)
            yield word
        said.append(words)

    model.generate = generate_and_keep
    if clip_wide:
        events = [*session.hear(model.mel(NOISE)), *session.hear(model.mel(tail))]
    else:
        events = [*session.push(NOISE), *session.flush()]
    ours = [event.p_response for event in events if hasattr(event, "p_response")]
    emotions = [event.emotion for event in events if hasattr(event, "emotion")]
    answered = [chunk for chunk, p in enumerate(ours) if p >= threshold]
    np.testing.assert_allclose(ours, p_response, atol=1e-4)
    assert list(zip(answered, emotions, said, strict=True)) == replies
    assert 2 <= len(replies) < len(ours) == len(p_response)


@torch.inference_mode()
def test_positions_are_counted_in_float16_unless_asked_otherwise(checkpoints, released_checkpoint):
    folder, chosen, tensors, _ = released_checkpoint
    embeddings = torch.randn(1, 2100, chosen.hidden)
    thinker = load_model(folder).thinker
    whole = thinker.decode_embeddings(embeddings)
    expected = reference_hidden(tensors, chosen, embeddings[0])
    torch.testing.assert_close(whole[0], expected, rtol=1e-3, atol=1e-3)

    from transformers import DynamicCache

    cache = DynamicCache()
    pieces = [thinker.decode_embeddings(p, cache) for p in embeddings.split([2060, 1, 39], 1)]
    torch.testing.assert_close(torch.cat(pieces, 1), whole, rtol=1e-3, atol=1e-3)
    exact = load_model(folder, float16_positions=False).thinker.decode_embeddings(embeddings)
    expected = reference_hidden(tensors, chosen, embeddings[0], half_positions=False)
    torch.testing.assert_close(exact[0], expected, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(exact[:, :2049], whole[:, :2049], rtol=1e-4, atol=1e-4)
    assert (exact[:, 2049:] - whole[:, 2049:]).abs().max() > 0.05


def test_both_orders_of_the_fused_matrix_are_taken_apart():
    fused = torch.tensor([0, 1, 2, 3, 10, 11, 20, 21]).repeat_interleave(2)  # 4 heads, 2 groups
    queries, keys, values = split_qkv(fused, 4, 2)
    assert queries.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert keys.tolist() == [10, 10, 11, 11] and values.tolist() == [20, 20, 21, 21]
    older = torch.tensor([0, 1, 10, 20, 2, 3, 11, 21]).repeat_interleave(2)
    again = split_qkv(older, 4, 2, interleaved=True)
    assert all(torch.equal(a, b) for a, b in zip(again, (queries, keys, values), strict=True))


def test_it_comes_with_its_instruction_and_needs_no_adapter(checkpoints):
    model = load_model(checkpoints["released"])
    assert model.system == SYSTEM and not model.adapted
    prefix = model.tokens.prefix(model.tokens.online, [7, 8])
    assert prefix == [151609, 151611, 151644, 151644, 7, 8, 151643]


def test_clip_wide_hearing_cannot_stream(checkpoints):
    session = Session(load_model(checkpoints["released"], clip_wide=True), "listen")
    with pytest.raises(UserError, match="needs the end of a clip before its start"):
        list(session.push(NOISE))


def test_tiny_models_know_causal_features_only():
    with pytest.raises(UserError, match="knows causal features only; leave --clip-wide out"):
        load_model(clip_wide=True)


def test_text_never_writes_a_control_token(untrained):
    """Ids 151601 and on are ordinary rows of Qwen's vocabulary; here the row of a word."""
    lamp = untrained.encode("lamp")
    assert len(lamp) == 1
    tokens = replace(untrained.tokens, silent=lamp[0])
    model = replace(untrained, tokens=tokens)
    spelt = model.encode("the lamp")
    assert lamp[0] not in spelt and model.tokenizer.decode(spelt).strip() == "the lamp"
    assert model.encode("the <silent> door")  # named ones are spelt, too
    assert not set(untrained.tokens.ids()) & set(untrained.encode("the <silent> <end> door"))
    assert model.decode(lamp) == ""


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("model_config.yaml", "n_head:", "heads:", "lacks 'n_head'"),
        ("model_config.yaml", "RMSNorm", "LayerNorm", "is not the architecture of the release"),
        ("model_config.yaml", "bias: false", "bias: [", "not the configuration"),
        ("model.safetensors.index.json", "mlp.fc_1", "mlp.gate", r"lacks transformer\.h\.0"),
    ],
)
def test_a_config_that_cannot_be_used_is_named(released_checkpoint, file, old, new, message):
    path = released_checkpoint[0] / file
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(UserError, match=message):
        load_model(released_checkpoint[0])


def test_an_encoder_that_is_missing_or_damaged_is_named(released_checkpoint):
    encoder = released_checkpoint[0] / "audiointeraction_ChunkwisedEncoder.pth"
    encoder.write_bytes(encoder.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"ChunkwisedEncoder\.pth: truncated or damaged"):
        load_model(released_checkpoint[0])
    encoder.unlink()
    with pytest.raises(UserError, match=r"ChunkwisedEncoder\.pth: no such file"):
        load_model(released_checkpoint[0])


def test_an_adapter_fits_on_top(checkpoints):
    model = load_model(checkpoints["released"], clip_wide=True)
    adapted = add_adapter(model, rank=4, alpha=8)
    assert adapted.system == SYSTEM and adapted.clip_wide and adapted.thinker.float16_positions
