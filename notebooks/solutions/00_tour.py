"""Solutions of notebook 00."""

from audio_interaction.corpus.matching import WINDOW
from audio_interaction.protocol import trigger_chunk

# Exercise 1. By hand: count whole samples first, since 1.2 / 0.4 is 2.9999999999999996,
#     samples = round(end * 16_000); return -(-samples // 6_400) - 1
answer_00_1 = trigger_chunk


def answer_00_2(hits, false_alarms, triggers):
    """Exercise 2: precision and recall."""
    given = hits + false_alarms
    precision = hits / given if given else None
    recall = hits / triggers if triggers else None
    return precision, recall


def answer_00_3(triggers, chunks):
    """Exercise 3: the due chunk and the two after it may answer a trigger."""
    return triggers * (WINDOW + 1) / chunks
