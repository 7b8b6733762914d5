"""Packed sequences do not see each other."""

import pytest
import torch


def hidden_of(model, embeddings, segments=None):
    with torch.inference_mode():
        return model.thinker.decode_embeddings(embeddings, segments=segments)


@pytest.mark.parametrize("segments", [(7,), (3, 4), (1, 5, 1), (2, 2, 2, 1)])
def test_a_packed_row_equals_its_sequences_alone(untrained, segments):
    torch.manual_seed(1)
    row = torch.randn(1, sum(segments), 256)
    packed = hidden_of(untrained, row, segments)
    alone = torch.cat([hidden_of(untrained, piece) for piece in row.split(segments, 1)], 1)
    torch.testing.assert_close(packed, alone, rtol=1e-4, atol=1e-5)


def test_another_neighbour_changes_nothing(untrained):
    torch.manual_seed(2)
    row = torch.randn(1, 9, 256)
    changed = torch.cat([torch.randn(1, 4, 256), row[:, 4:]], 1)
    kept = hidden_of(untrained, row, (4, 5))[:, 4:]
    torch.testing.assert_close(hidden_of(untrained, changed, (4, 5))[:, 4:], kept)
    assert not torch.allclose(hidden_of(untrained, changed)[:, 4:], kept, atol=1e-3)
