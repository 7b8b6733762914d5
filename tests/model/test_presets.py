"""The large presets have the names, shapes and sizes that are published, without their weights."""

import pytest
import torch
from transformers import Qwen2_5OmniThinkerConfig, Qwen2_5OmniThinkerForConditionalGeneration

from audio_interaction.model.assemble import skeleton
from audio_interaction.model.memory import parameters
from audio_interaction.model.omni import our_name
from audio_interaction.model.presets import PRESETS
from audio_interaction.protocol import ControlTokens

# thinker_config of https://huggingface.co/Qwen/Qwen2.5-Omni-3B and -7B, config.json
TEXT = {
    "omni-3b": dict(vocab=151936, hidden=2048, mlp=11008, layers=36, heads=16, kv_heads=2),
    "omni-7b": dict(vocab=152064, hidden=3584, mlp=18944, layers=28, heads=28, kv_heads=4),
}
TEXT["released"] = TEXT["omni-3b"]
MELS, WIDTH, FFN, TOWER_LAYERS, HEAD = 128, 1280, 5120, 32, 128
LARGE = sorted(TEXT)


def published_tensors(name):
    """Name on the hub and shape of every thinker tensor but the eyes'."""
    text = TEXT[name]
    hidden, mlp, key = text["hidden"], text["mlp"], text["kv_heads"] * HEAD
    tensors = {
        "lm_head.weight": (text["vocab"], hidden),
        "model.embed_tokens.weight": (text["vocab"], hidden),
        "model.norm.weight": (hidden,),
        "audio_tower.conv1.weight": (WIDTH, MELS, 3),
        "audio_tower.conv1.bias": (WIDTH,),
        "audio_tower.conv2.weight": (WIDTH, WIDTH, 3),
        "audio_tower.conv2.bias": (WIDTH,),
        "audio_tower.audio_bos_eos_token.weight": (2, hidden),
        "audio_tower.ln_post.weight": (WIDTH,),
        "audio_tower.ln_post.bias": (WIDTH,),
        "audio_tower.proj.weight": (hidden, WIDTH),
        "audio_tower.proj.bias": (hidden,),
    }
    for layer in range(text["layers"]):
        tensors |= {
            f"model.layers.{layer}.{part}": shape
            for part, shape in {
                "input_layernorm.weight": (hidden,),
                "post_attention_layernorm.weight": (hidden,),
                "self_attn.q_proj.weight": (text["heads"] * HEAD, hidden),
                "self_attn.q_proj.bias": (text["heads"] * HEAD,),
                "self_attn.k_proj.weight": (key, hidden),
                "self_attn.k_proj.bias": (key,),
                "self_attn.v_proj.weight": (key, hidden),
                "self_attn.v_proj.bias": (key,),
                "self_attn.o_proj.weight": (hidden, text["heads"] * HEAD),
                "mlp.gate_proj.weight": (mlp, hidden),
                "mlp.up_proj.weight": (mlp, hidden),
                "mlp.down_proj.weight": (hidden, mlp),
            }.items()
        }
    for layer in range(TOWER_LAYERS):
        prefix = f"audio_tower.layers.{layer}"
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            tensors[f"{prefix}.self_attn.{part}.weight"] = (WIDTH, WIDTH)
            if part != "k_proj":
                tensors[f"{prefix}.self_attn.{part}.bias"] = (WIDTH,)
        for part in ("self_attn_layer_norm", "final_layer_norm"):
            tensors |= {f"{prefix}.{part}.weight": (WIDTH,), f"{prefix}.{part}.bias": (WIDTH,)}
        tensors |= {f"{prefix}.fc1.weight": (FFN, WIDTH), f"{prefix}.fc1.bias": (FFN,)}
        tensors |= {f"{prefix}.fc2.weight": (WIDTH, FFN), f"{prefix}.fc2.bias": (WIDTH,)}
    return {f"thinker.{name}": shape for name, shape in tensors.items()}


@pytest.fixture(scope="module", params=LARGE)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def network(name):
    return skeleton(PRESETS[name], ControlTokens.released())


def test_every_published_tensor_has_its_place_and_shape(name, network):
    ours = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    theirs = {our_name(key): shape for key, shape in published_tensors(name).items()}
    assert ours == theirs
    assert all(tensor.is_meta for tensor in network.state_dict().values())


def test_the_tower_hears_one_chunk_and_positions_are_the_published_ones(name, network):
    audio, text = network.config.audio_config, network.config.text_config
    assert (audio.n_window, audio.encoder_attention_heads) == (20, 20)
    assert text.rope_parameters["rope_theta"] == 1_000_000
    assert text.rope_parameters["mrope_section"] == [16, 24, 24]
    assert (text.rms_norm_eps, text.hidden_act) == (1e-6, "silu")
    assert text.max_position_embeddings == 32768 and not text.use_sliding_window
    assert not network.config.tie_word_embeddings
    assert network.lm_head.weight is not network.model.language_model.embed_tokens.weight
    assert max(ControlTokens.released().ids()) < text.vocab_size


def test_parameters_are_counted_exactly(name, network):
    counted, total = parameters(PRESETS[name]), sum(p.numel() for p in network.parameters())
    assert counted.total == total
    tower = sum(p.numel() for p in network.model.audio_tower.parameters())
    assert counted.tower == tower


def test_the_counts_of_the_published_index_are_met():
    """Of a 7B checkpoint without voice: 1,346 tensors, 8,931,813,888 parameters (its index)."""
    names = published_tensors("omni-7b")
    assert sum("audio_tower" in name for name in names) == 489
    assert sum("thinker.model" in name for name in names) == 338
    config = Qwen2_5OmniThinkerConfig(
        vision_config=dict(depth=32, hidden_size=1280, intermediate_size=3420, num_heads=16)
    )
    with torch.device("meta"):
        eyes = Qwen2_5OmniThinkerForConditionalGeneration(config).model.visual
    assert len(eyes.state_dict()) == 518 == 1346 - len(names)
    seen = sum(p.numel() for p in eyes.parameters())
    assert parameters(PRESETS["omni-7b"]).total + seen == 8_931_813_888


def test_the_encoder_file_of_the_release_has_the_published_size():
    """1.28 GB on the hub: its tower in 2 bytes a parameter."""
    assert round(parameters(PRESETS["released"]).tower * 2 / 1e9, 2) == 1.28


@pytest.mark.parametrize(
    "theirs", ["thinker.visual.blocks.0.attn.q.weight", "talker.codec_head.weight", "token2wav.x"]
)
def test_eyes_and_voice_are_left_out(theirs):
    assert our_name(theirs) is None
