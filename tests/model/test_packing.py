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


def test_what_is_learnt_from_a_packed_stream_does_not_depend_on_its_neighbours(untrained):
    """Gradients too: none flows from the loss of one sequence into another."""
    torch.manual_seed(3)
    row = torch.randn(1, 12, 256, requires_grad=True)
    hidden = untrained.thinker.decode_embeddings(row, segments=(4, 5, 3))
    hidden[:, 4:9].square().sum().backward()
    assert not row.grad[:, :4].any() and not row.grad[:, 9:].any()
    middle = row.detach()[:, 4:9].clone().requires_grad_()
    untrained.thinker.decode_embeddings(middle).square().sum().backward()
    torch.testing.assert_close(row.grad[:, 4:9], middle.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("read", [None, torch.tensor([0, 3, 7])])
def test_gradient_checkpointing_changes_no_gradient(untrained, read):
    torch.manual_seed(4)
    row = torch.randn(1, 9, 256)
    gradients = []
    for checkpointing in (False, True):
        if checkpointing:
            untrained.thinker.gradient_checkpointing_enable({"use_reentrant": False})
        untrained.network.train()
        leaf = row.clone().requires_grad_()
        states = untrained.thinker.decode_embeddings(leaf, segments=(4, 5), read=read)
        states.square().sum().backward()
        gradients.append(leaf.grad)
    untrained.thinker.gradient_checkpointing_disable()
    untrained.thinker.disable_input_require_grads()
    untrained.network.eval()
    untrained.network.zero_grad()
    torch.testing.assert_close(*gradients)
