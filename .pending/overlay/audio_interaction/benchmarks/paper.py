"""Numbers printed in the paper (arXiv 2606.05121v1), in tables of their own.

They are facts to read ours beside, never rows of our tables.
"""

from audio_interaction.benchmarks.report import Row, Table


def _proactive() -> Table:
    columns = ("Human", "Daily", "Equipment", "Traffic", "Nature", "Music", "average")
    printed = {
        "Qwen2.5-Omni-3B": (
            (37.2, 48.1, 30.0, 44.9, 45.6, 53.3, 41.0),
            (28.9, 42.5, 17.9, 36.7, 17.5, 40.0, 29.3),
        ),
        "Qwen2.5-Omni-7B": (
            (54.5, 72.9, 47.9, 53.1, 55.3, 53.3, 58.2),
            (34.6, 40.2, 19.3, 24.5, 31.1, 60.0, 32.1),
        ),
        "Kimi-Audio-Instruct": (
            (39.1, 61.3, 28.6, 28.6, 26.2, 26.7, 39.9),
            (26.3, 38.6, 22.1, 16.3, 28.2, 26.7, 28.4),
        ),
        "MiniCPM-o-4.5": (
            (53.8, 75.1, 52.9, 55.1, 48.5, 53.3, 58.9),
            (53.2, 75.4, 52.9, 55.1, 47.6, 53.3, 58.9),
        ),
        "Step-Audio 2": (
            (9.6, 7.7, 4.3, 12.2, 14.6, 6.7, 8.9),
            (5.8, 3.4, 0.0, 6.1, 1.0, 0.0, 3.0),
        ),
        "Gemini-3-Flash": (
            (48.1, 32.0, 25.7, 28.6, 48.5, 33.3, 37.0),
            (59.6, 47.5, 40.0, 53.1, 56.3, 53.3, 50.8),
        ),
        "Audio-Interaction": (
            (56.4, 68.1, 57.1, 64.9, 61.8, 66.7, 61.2),
            (64.9, 65.8, 55.7, 69.0, 61.8, 60.0, 62.8),
        ),
    }
    rows = tuple(
        Row(f"{system}, {tier}", tuple(value / 100 for value in values), "paper")
        for system, tiers in printed.items()
        for tier, values in zip(("single", "multi"), tiers, strict=True)
    )
    note = (
        "arXiv 2606.05121v1, Table 4. Whether before or after semantic matching is not stated. "
        "On the real labels a model that never speaks scores 58.5"
    )
    return Table("The paper's Table 4", columns, ("%",) * len(columns), rows, note)


def _librispeech() -> Table:
    printed = {
        "Canary-1B": (1.48, 2.93),
        "Canary-Qwen-2.5B": (1.49, 3.10),
        "Baichuan-Omni-1.5": (5.71, 10.09),
        "Qwen2-Audio": (1.60, 3.60),
        "Qwen2.5-Omni-3B": (2.87, 5.90),
        "Qwen2.5-Omni-7B": (1.80, 3.40),
        "Phi-4-multimodal": (1.69, 3.82),
        "Audio-Interaction": (3.17, 6.04),
    }
    rows = tuple(
        Row(system, tuple(value / 100 for value in values), "paper")
        for system, values in printed.items()
    )
    return Table(
        "The paper's Table 3: LibriSpeech, word error rate",
        ("clean", "other"),
        ("%", "%"),
        rows,
        "arXiv 2606.05121v1, Table 3. Its text normalisation and decoding are not stated",
    )


PROACTIVE = _proactive()
LIBRISPEECH = _librispeech()
