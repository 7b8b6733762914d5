"""How much is chance? The same recipe trained with several seeds, each scored on the test split.

    python benchmarks/seeds.py
    python benchmarks/seeds.py --config tiny-adapter.yaml tiny-adapter-own.yaml --limit 400

Recipes that are named one after the other are a chain, each starting from the adapter of the one
before it. What is in `--seeds` is added to the seed of each recipe, so 0 is the recipe as it is.
Every seed draws other streams, another adapter to start from, other batches, and has its threshold
chosen on its own validation streams; the base and the test streams are the same for all. Prints the
mean of the headline numbers over the seeds, their standard deviation, and each of them. What is
done in `--out` is not done again, so an interrupted run goes on where it stopped.
"""

import argparse
import json
import statistics
import subprocess
from pathlib import Path

from trained import CLI, trained

from audio_interaction.benchmarks.metrics import METRICS
from audio_interaction.files import write_json
from audio_interaction.training.recipe import CONFIGS, AdapterRecipe, load_recipe

STREAMED = (
    "f1",
    "precision",
    "recall",
    "balanced",
    "false_alarms_per_hour",
    "early_share",
    "answer_accuracy",
    "naming_accuracy",
    "recall_recorded",
    "recall_synthesised",
)
OFFLINE = ("wer", "answer_accuracy", "naming_accuracy")


def scored(configs: list[Path], seed: int, out: Path, limit: int, settings: list[str]) -> dict:
    """The evaluation of one seed, trained and scored if that is not done with these settings.

    Args:
        configs: the recipes of a chain, in order.
        seed: what is added to their seeds.
        out: folder of all runs.
        limit: test streams, and offline clips.
        settings: what wins over the recipes ("key=value").
    """
    seeds = [load_recipe(AdapterRecipe, config, settings).seed + seed for config in configs]
    folders = [out / f"{c.stem}-{own}" for c, own in zip(configs, seeds, strict=True)]
    start: list[str] = []
    for number, (config, folder) in enumerate(zip(configs, folders, strict=True)):
        chosen = [*settings, *start, f"seed={seeds[number]}"]
        recipe = trained(config, folder, chosen, behind=folders[number + 1 :])
        start = [f"start={folder}"]
    file = folder / f"evaluation-{limit}.json"
    if not file.is_file():
        model = ["--model", recipe.base, "--adapter", str(folder)]
        told = subprocess.run(
            [*CLI, "evaluate", "--json", "--limit", str(limit), *model],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        write_json(file, json.loads(told.stdout))
    return json.loads(file.read_text())["results"]


def headline(results: dict) -> dict[str, float]:
    """The numbers that README leads with, by their titles; fractions for what is in %."""
    model, offline = results["systems"]["model"], results["offline"]["with adapter"]
    found = {METRICS[name].title: model[name]["value"] for name in STREAMED}
    found["streaming WER"] = model["asr"]["wer"]["value"]
    for task in ("asr_clean", "asr_noisy"):
        if task in results["tasks"]:
            found[f"streaming WER, {task}"] = results["tasks"][task]["wer"]["value"]
    found |= {f"offline {METRICS[name].title}": offline[name]["value"] for name in OFFLINE}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", nargs="+", default=["tiny-adapter-laptop.yaml"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 10, 20])
    parser.add_argument("--limit", type=int, default=100, help="test streams, and offline clips")
    parser.add_argument("--out", type=Path, default=Path("runs/seeds"))
    parser.add_argument("--set", action="append", default=[], help="KEY=VALUE of the recipe")
    args = parser.parse_args()
    configs = [CONFIGS / name for name in args.config]
    runs = [headline(scored(configs, seed, args.out, args.limit, args.set)) for seed in args.seeds]
    print(f"{' + '.join(path.stem for path in configs)}, {args.limit} test streams")
    print(f"seeds {', '.join(map(str, args.seeds))}")
    print("| | mean | standard deviation | each |\n|---|---|---|---|")
    for name in runs[0]:
        values = [run[name] for run in runs if run[name] is not None]
        if not values:
            print(f"| {name} | – | – | undefined on so few streams |")
            continue
        spread = statistics.stdev(values) if len(values) > 1 else float("nan")
        each = ", ".join(f"{value:.3f}" for value in values)
        print(f"| {name} | {statistics.fmean(values):.3f} | {spread:.3f} | {each} |")


if __name__ == "__main__":
    main()
