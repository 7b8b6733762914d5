"""Streams whose histories are disturbed in tests."""

import numpy as np
from hypothesis import strategies as st

from audio_interaction.corpus.schema import Response, Stream

CHUNKS = 60
SEEDS = st.integers(0, 10_000)
SHARES = st.sampled_from([0.1, 0.5, 1.0])


def stream_of(*responses):
    return Stream("s", "train", "chat", "listen", np.zeros(0, np.float32), (), responses)


def words(*ends):
    """A transcript whose words w0, w1, … end at these seconds."""
    return stream_of(
        *(Response(end - 0.05, end, f"w{i}", kind="transcript") for i, end in enumerate(ends))
    )


@st.composite
def transcripts(draw):
    """Up to 30 words of 0.1 to 0.7 s, one after the other."""
    gaps = draw(st.lists(st.floats(0.1, 0.7), min_size=1, max_size=30))
    return words(*np.cumsum(gaps).tolist())


@st.composite
def conversations(draw):
    """Up to six replies to triggers that end 0.7 to 3.5 s apart."""
    ends = np.cumsum(draw(st.lists(st.floats(0.7, 3.5), min_size=1, max_size=6)))
    return stream_of(*(Response(e - 0.5, e, f"yes {i}") for i, e in enumerate(ends.tolist())))
