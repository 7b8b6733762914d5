"""The paper's class without its vision tower."""

import torch

from audio_interaction.protocol import Reply, online_layout


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
