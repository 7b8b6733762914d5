"""States that are not read are not computed, and those that are read do not change."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st


@st.composite
def rows(draw):
    """Lengths of sequences in a row, and places in it, one to all, in rising order."""
    segments = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    places = draw(st.sets(st.integers(0, sum(segments) - 1), min_size=1))
    return tuple(segments), sorted(places)


@given(rows(), st.integers(0, 2**31))
def test_what_is_read_is_what_the_whole_pass_has_there(untrained, row, seed):
    segments, places = row
    generator = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(1, sum(segments), 256, generator=generator)
    decode = untrained.thinker.decode_embeddings
    with torch.no_grad():
        read = decode(embeddings, segments=segments, read=torch.tensor(places))
        whole = decode(embeddings, segments=segments)[:, places]
    torch.testing.assert_close(read, whole, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("segments", [(4, 5), None])
def test_the_gradients_are_those_of_the_whole_pass(untrained, segments):
    torch.manual_seed(0)
    row, places = torch.randn(1, 9, 256), torch.tensor([0, 3, 7])
    last = untrained.thinker.model.language_model.layers[-1]
    learnt = []
    for options in ({"read": places}, {}):
        leaf = row.clone().requires_grad_()
        states = untrained.thinker.decode_embeddings(leaf, segments=segments, **options)
        states = states if options else states[:, places]
        states.square().sum().backward()
        learnt.append([leaf.grad, *(p.grad.clone() for p in last.parameters())])
        untrained.network.zero_grad()
    assert len(learnt[0]) > 10
    for read, whole in zip(*learnt, strict=True):
        torch.testing.assert_close(read, whole, rtol=1e-4, atol=1e-5)


def test_the_last_layer_leaves_out_what_is_not_read(untrained):
    seen = []
    mlp = untrained.thinker.model.language_model.layers[-1].mlp
    hook = mlp.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].shape[1]))
    with torch.no_grad():
        untrained.thinker.decode_embeddings(torch.randn(1, 9, 256), read=torch.tensor([2, 8]))
    hook.remove()
    assert seen == [2]
