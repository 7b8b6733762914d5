"""What stage 4 of the training adds to a corpus (paper §3.3, App. B.2, Table 11).

History review is in `history`, the silence audit in `silence`; here is how often which is mixed in.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audio_interaction.errors import UserError

MIX_TASKS: dict[str, tuple[str, ...]] = {
    "history": ("chat_history",),
    "silent": ("benign", "negative"),
    "proactive": ("distress", "hazard_home", "hazard_outdoor"),
}
"""Sub-tasks that a mix-in is drawn from, each as likely."""


@dataclass(frozen=True)
class Mixed:
    """What is added to each of some samples.

    Attributes:
        tasks: for each sample the sub-tasks to add, none to three, in the order of `MIX_TASKS`.
        counts: how often each mix-in was drawn.
    """

    tasks: tuple[tuple[str, ...], ...]
    counts: dict[str, int]


def mix_in(
    records: Sequence,
    rng: np.random.Generator,
    history: float = 0.30,
    silent: float = 0.40,
    proactive: float = 0.30,
) -> Mixed:
    """Decide for each sample which mix-ins it gets: three independent draws a sample.

    The paper gives these probabilities, not their unit: that each whole stream is drawn for, and
    not each of its turns, is our reading. A further sample changes nothing for those before it, and
    a probability nothing for the other mix-ins.

    Raises:
        UserError: a probability is not between 0 and 1.
    """
    chances = {"history": history, "silent": silent, "proactive": proactive}
    for name, chance in chances.items():
        if not 0.0 <= chance <= 1.0:
            raise UserError(f"the probability of {name!r} is {chance}; it must be from 0 to 1")
    draws = rng.random((len(records), len(chances), 2))
    tasks, counts = [], Counter(dict.fromkeys(chances, 0))
    for sample in draws:
        added = []
        for (name, chance), (hit, which) in zip(chances.items(), sample, strict=True):
            if hit < chance:
                counts[name] += 1
                pool = MIX_TASKS[name]
                added.append(pool[int(which * len(pool))])
        tasks.append(tuple(added))
    return Mixed(tuple(tasks), dict(counts))
