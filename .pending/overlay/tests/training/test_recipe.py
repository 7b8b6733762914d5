"""Recipes: every one that ships is parsed; a typing error is named."""

import pytest

from audio_interaction.errors import UserError
from audio_interaction.training.recipe import CONFIGS, AdapterRecipe, BaseRecipe, load_recipe


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_recipe_is_complete_and_typed(path):
    recipe = load_recipe(BaseRecipe if "base" in path.stem else AdapterRecipe, path)
    assert recipe.optimisation.steps > 0


def test_overrides_win_over_the_file():
    recipe = load_recipe(
        AdapterRecipe, CONFIGS / "tiny-adapter.yaml", ["optimisation.steps=7", "rank=4"]
    )
    assert (recipe.optimisation.steps, recipe.rank) == (7, 4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ranks: 3\noptimisation: {steps: 1, learning_rate: 1}", "ranks"),
        ("rank: many\noptimisation: {steps: 1, learning_rate: 1}", "rank"),
        ("rank: 3", "optimisation"),
        ("rank: [", "recipe.yaml"),
    ],
)
def test_a_wrong_recipe_is_refused_and_names_the_key(tmp_path, text, message):
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        load_recipe(AdapterRecipe, path)


def test_a_missing_recipe_lists_those_of_the_kit(tmp_path):
    with pytest.raises(UserError, match=r"no such recipe; .*tiny-adapter\.yaml"):
        load_recipe(AdapterRecipe, tmp_path / "mine.yaml")
