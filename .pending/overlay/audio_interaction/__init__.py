"""Listen to an endless audio stream, decide after every 0.4 s chunk, respond when it matters.

A reproduction kit of *Audio Interaction Model* (arXiv 2606.05121). Start at `protocol` (the
geometry and the tokens), then follow the imports downwards: audio, corpus, model, training,
streaming, benchmarks, viz.
"""

__version__ = "0.1.0"
