"""What limits deciding? One recipe, changed in one thing at a time, each watched on validation.

    python benchmarks/ablations.py
    python benchmarks/ablations.py --only "as it is" "rank 4" --set optimisation.steps=300 --jobs 2

For each variant the look with the best F1 within the bound on false alarms: its step, F1,
p(response) where a reply is due and elsewhere, early replies and false alarms per hour; and the F1
of every look, which is the learning curve. Decisions are teacher-forced, on validation streams: the
test split is not touched, so that a choice may be made from this table. What is done in `--out` is
not done again, so an interrupted run goes on where it stopped.
"""

import argparse
import csv
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from trained import trained

from audio_interaction.training.recipe import CONFIGS

VARIANTS: dict[str, tuple[str, ...]] = {
    "as it is": (),
    "nothing asked of listening": ("listening_weight=0",),
    "no CTC": ("ctc_weight=0",),
    "no replay": ("replay_positions=0",),
    "no slips": ("slips=0",),
    "lambda 1": ("decision_weight=1",),
    "classes balanced": ("loss_balance=classes",),
    "rank 4": ("rank=4", "alpha=8"),
    "half the streams": ("streams=600",),
    "AdamW remembers longer": ("optimisation.beta2=0.999",),
}
"""Settings that each variant adds to the recipe."""


def looks(log: Path) -> list[dict[str, float]]:
    """The looks of a run within the bound on false alarms, first to last."""
    with open(log, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["bounded_f1"]]
    names = ("step", *(name for name in rows[0] if name.startswith("bounded_")))
    return [{name.removeprefix("bounded_"): float(row[name]) for name in names} for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, default=CONFIGS / "tiny-adapter-laptop.yaml")
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--set", action="append", default=[], help="KEY=VALUE of every variant")
    parser.add_argument("--out", type=Path, default=Path("runs/ablations"))
    parser.add_argument("--jobs", type=int, default=1, help="variants at a time; %(default)s")
    args = parser.parse_args()

    share = str(max(1, (os.cpu_count() or 1) // args.jobs))
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), share)

    def run(name: str) -> Path:
        out = args.out / name.replace(" ", "-")
        trained(args.config, out, [*args.set, *VARIANTS[name]], threads)
        return out / "log" / "metrics.csv"

    with ThreadPoolExecutor(args.jobs) as pool:
        logs = dict(zip(args.only, pool.map(run, args.only), strict=True))
    print(
        "| | step | F1 | p where due | p elsewhere | early, % | false alarms/h | F1 of each look |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, log in logs.items():
        seen = looks(log)
        best = max(seen, key=lambda look: look["f1"])
        curve = ", ".join(f"{look['f1']:.2f}" for look in seen)
        print(
            f"| {name} | {best['step']:.0f} | {best['f1']:.2f} | {best['p_at_events']:.2f} "
            f"| {best['p_elsewhere']:.3f} | {100 * best['early']:.1f} "
            f"| {best['false_alarms_per_hour']:.0f} | {curve} |"
        )


if __name__ == "__main__":
    main()
