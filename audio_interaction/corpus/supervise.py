"""What stage 4 of the training adds to a corpus, and how much (paper §3.3, App. B.2, Table 11).

History review is in `history`, the silence audit in `silence`; here is how often which is mixed in.
"""

from collections.abc import Mapping, Sequence

from audio_interaction.corpus.tasks import TASKS
from audio_interaction.errors import UserError

MIX_INS: dict[str, tuple[str, ...]] = {
    "history": ("chat_history",),
    "silent": ("benign", "negative"),
    "proactive": ("distress", "hazard_home", "hazard_outdoor"),
}
"""Sub-tasks of each mix-in, each as likely."""

BASE: tuple[str, ...] = tuple(
    name for name in TASKS if not any(name in pool for pool in MIX_INS.values())
)
"""All other sub-tasks."""


def stage4_tasks(
    base: Sequence[str] | Mapping[str, float] = BASE,
    history: float = 0.30,
    silent: float = 0.40,
    proactive: float = 0.30,
) -> dict[str, float]:
    """Weights of the sub-tasks in stage 4, for the `tasks` of whatever builds streams.

    In the paper three independent draws decide for each sample whether a history review, a silent
    and a proactive one join it. It gives their probabilities, not their unit: that a whole stream
    is drawn for, and a whole stream is added, is our reading. The weights are the expectation of
    these draws: to one stream of `base` come `history + silent + proactive` others. The builder
    spreads weights evenly, so every stretch of a corpus has these shares, and not on average only.

    Args:
        base: names, or names with positive weights; their sum counts as one.

    Returns:
        Weights above 0; with the probabilities of the paper half of the streams are mix-ins.

    Raises:
        UserError: an unknown sub-task, a weight that is not positive, or a probability that is not
            between 0 and 1.
    """
    base = dict(base) if isinstance(base, Mapping) else dict.fromkeys(base, 1.0)
    if unknown := [name for name in base if name not in TASKS]:
        raise UserError(f"unknown tasks {', '.join(unknown)}; choose from {', '.join(TASKS)}")
    if not base or not all(weight > 0 for weight in base.values()):
        raise UserError(f"the base needs positive weights, found {base}")
    total = sum(base.values())
    weights = {name: weight / total for name, weight in base.items()}
    chances = {"history": history, "silent": silent, "proactive": proactive}
    for name, chance in chances.items():
        if not 0.0 <= chance <= 1.0:
            raise UserError(f"the probability of {name!r} is {chance}; it must be from 0 to 1")
        for task in MIX_INS[name] if chance else ():
            weights[task] = weights.get(task, 0.0) + chance / len(MIX_INS[name])
    return weights
