"""The 28 sub-tasks of the mini corpus: what is heard, when to respond, when to stay silent.

The paper's seven abilities (§4.1) with four sub-tasks each. Its own 28 names appear only in a
figure that is not available as text; these names are ours.

A task plans a `Scenario` from what the clips of one split can say and sound; `corpus.pipeline`
turns the plan into a stream.
"""

from audio_interaction.corpus.tasks import (
    asr,
    chat,
    environment,
    instructions,
    proactive,
    translation,
    understanding,
)
from audio_interaction.corpus.tasks.asr import TRANSCRIBE
from audio_interaction.corpus.tasks.base import LISTEN, Task

__all__ = ["ABILITIES", "LISTEN", "TASKS", "TRANSCRIBE", "Task"]

_FAMILIES = (asr, translation, chat, understanding, instructions, proactive, environment)

ABILITIES: tuple[str, ...] = tuple(family.ABILITY for family in _FAMILIES)

TASKS: dict[str, Task] = {task.name: task for family in _FAMILIES for task in family.TASKS}
