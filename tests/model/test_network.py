"""The paper's class without its vision tower."""

import torch

from audio_interaction.layouts import Reply, online_layout


def test_there_is_no_vision_tower(untrained):
    assert not any("visual" in name for name in untrained.thinker.state_dict())


def test_frames_take_the_places_of_their_placeholders(untrained):
    thinker, tokens = untrained.thinker, untrained.tokens
    ids = torch.tensor([[tokens.audio, tokens.frame, tokens.frame, tokens.assistant]])
    is_frame = ids == tokens.frame
    frames = torch.randn(2, 384)
    embeddings = thinker.embed(ids, is_frame, frames)
    plain = thinker.model.language_model.embed_tokens(ids)
    torch.testing.assert_close(embeddings[0, 1:3], thinker.model.audio_tower.proj(frames))
    torch.testing.assert_close(embeddings[0, [0, 3]], plain[0, [0, 3]])


@torch.inference_mode()
def test_padding_on_the_right_changes_nothing(untrained):
    thinker, tokens = untrained.thinker, untrained.tokens
    ids = online_layout(tokens, [30], 2, {1: Reply((40,))}).input_ids
    alone = thinker.model.language_model.embed_tokens(torch.tensor([ids]))
    padded = thinker.model.language_model.embed_tokens(torch.tensor([ids + [tokens.pad] * 7]))
    torch.testing.assert_close(
        thinker.decode_embeddings(padded)[:, : len(ids)],
        thinker.decode_embeddings(alone),
        rtol=1e-4,
        atol=1e-5,
    )


@torch.inference_mode()
def test_a_cache_gives_the_states_of_one_pass(untrained):
    from transformers import DynamicCache

    thinker = untrained.thinker
    embeddings = torch.randn(1, 40, thinker.config.text_config.hidden_size)
    cache = DynamicCache()
    pieces = [
        thinker.decode_embeddings(piece, cache) for piece in embeddings.split([13, 1, 20, 6], dim=1)
    ]
    torch.testing.assert_close(
        torch.cat(pieces, 1), thinker.decode_embeddings(embeddings), rtol=1e-4, atol=1e-5
    )


def test_input_and_output_rows_are_tied(untrained):
    thinker = untrained.thinker
    assert thinker.lm_head.weight is thinker.model.language_model.embed_tokens.weight


def test_the_last_of_all_layers_is_the_result_and_segments_stay_apart(untrained):
    thinker = untrained.thinker
    torch.manual_seed(0)
    one, other = torch.randn(1, 7, 256), torch.randn(1, 5, 256)
    with torch.no_grad():
        layers = thinker.decode_layers(torch.cat([one, other], 1), (7, 5))
        alone = thinker.decode_layers(other)
        result = thinker.decode_embeddings(one)
    assert len(layers) == thinker.config.text_config.num_hidden_layers + 1
    torch.testing.assert_close(layers[0][:, 7:], other)
    torch.testing.assert_close(layers[-1][:, :7], result)
    for packed, apart in zip(layers, alone, strict=True):
        torch.testing.assert_close(packed[:, 7:], apart, rtol=1e-4, atol=1e-5)
