"""Every figure of the kit: pure functions that return a plotly `Figure`, at most 150 kB each.

Put them out with `export.show`, keep them with `export.save`.
"""

from audio_interaction.viz.animate import animate_decide
from audio_interaction.viz.balance import price_figure, share_figure
from audio_interaction.viz.corpus import corpus_figure
from audio_interaction.viz.curves import latency_figure, threshold_figure, training_figure
from audio_interaction.viz.decide import decide_figure
from audio_interaction.viz.perceive import chunks_figure, continuity_figure, similarity_figure
from audio_interaction.viz.scores import scores_figure
from audio_interaction.viz.tfjp import tfjp_figure

__all__ = [
    "animate_decide",
    "chunks_figure",
    "continuity_figure",
    "corpus_figure",
    "decide_figure",
    "latency_figure",
    "price_figure",
    "scores_figure",
    "share_figure",
    "similarity_figure",
    "tfjp_figure",
    "threshold_figure",
    "training_figure",
]
