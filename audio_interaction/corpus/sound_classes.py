"""Sound events to name and to warn of: the classes and the recordings they are made of.

The classes come in look-alikes on purpose, for a model that must warn of one and not of the other:
bell and phone beside alarm and siren; hammer, knock, drum and thunder beside gunshot and explosion;
cow and bird beside scream; water and rain beside glass.
"""

from dataclasses import dataclass

from audio_interaction.corpus.synthesis import SPLITS

NOISE = "noise"


@dataclass(frozen=True)
class SoundClass:
    """One sound event.

    Attributes:
        name: label, one of the names the templates have words for.
        hazard: whether the proactive tasks must warn of it.
        files: split -> patterns of `index.tsv` files, "category/package__name".
        strikes: recordings are single hits or steps, joined into short sequences.
    """

    name: str
    hazard: bool
    files: dict[str, tuple[str, ...]]
    strikes: bool = False

    @property
    def categories(self) -> set[str]:
        """Folders of the raw recordings this class takes files from."""
        return {pattern.split("/")[0] for patterns in self.files.values() for pattern in patterns}


def _class(name, hazard, train="", validation="", test="", strikes=False) -> SoundClass:
    parts = zip(SPLITS, (train, validation, test), strict=True)
    return SoundClass(name, hazard, {s: tuple(p.split()) for s, p in parts}, strikes)


_ALL = [
    _class("alarm", True,
           "alarm/ufoai-sound__* alarm/endless-sky__*",
           "alarm/sound-theme-freedesktop__*",
           "alarm/lomiri-sounds__*"),
    _class("siren", True, test="siren/scorched3d__*"),
    _class("horn", True,
           "car_horn/scorched3d__*",
           "car_horn/supertuxkart__*",
           "car_horn/openttd-opensfx__35* car_horn/openttd-opensfx__06* "
           "car_horn/openttd-opensfx__07*"),
    _class("explosion", True,
           "explosion/ufoai-sound__explosion-[!s]* explosion/ufoai-sound__combat* "
           "explosion/wordwarvi-sound__[!g]* explosion/marsshooter__[!b]*",
           "explosion/minetest__* explosion/supertuxkart__* explosion/freedoom__dsbarexp*",
           "explosion/endless-sky__* explosion/openttd-opensfx__*"),
    _class("gunshot", True,
           "gunshot/ufoai-sound__bullet-[prs]* gunshot/ufoai-sound__bullet-hmg* "
           "gunshot/ufoai-sound__bullet-chaingun* gunshot/scorched3d__* "
           "gunshot/wordwarvi-sound__*",
           "gunshot/teeworlds__wp*",
           "gunshot/freedoom__*"),
    _class("glass", True, "glass_break/ufoai-sound__*", "", "glass_break/minetest__*"),
    _class("scream", True,
           "scream/scorched3d__* scream/wordwarvi-sound__*",
           "scream/supertuxkart__*",
           "scream/ufoai-sound__* scream/freedoom__dspldeth* scream/freedoom__dspdiehi*"),
    _class("bell", False,
           "bell/sonic-pi-samples__*",
           "door/minetest-mod-homedecor__homedecor_doorbell*",
           "bell/unknown-horizons__* train/openttd-opensfx__14*"),
    _class("phone", False),
    _class("knock", False),
    _class("thunder", False,
           "thunder/ufoai-sound__* thunder/wordwarvi-sound__*",
           "thunder/supertuxkart__*",
           "thunder/scorched3d__*"),
    _class("engine", False,
           "engine/supertuxkart__* engine/ufoai-sound__*",
           "engine/gcompris-qt__* engine/scorched3d__*",
           "engine/openttd-opensfx__2[578]*"),
    _class("rain", False, "rain/megaglest__rain__[016]*"),
    _class("water", False,
           "water_flow/ufoai-sound__* water_flow/minetest__* water_flow/megaglest__* "
           "water_splash/ufoai-sound__*",
           "water_flow/gcompris-qt__* water_flow/minetest-mod-homedecor__*",
           "water_flow/supertuxkart__* water_splash/supertuxkart__*"),
    _class("footsteps", False,
           "footsteps/minetest__default_[!w]* footsteps/minetest__default_wo*",
           "footsteps/gcompris-qt__*",
           "footsteps/teeworlds__*",
           strikes=True),
    _class("hammer", False,
           "hammer_anvil/megaglest__* sword_clash/wordwarvi-sound__clang*",
           "hammer_anvil/supertuxkart__* sword_clash/gcompris-qt__metal_hit*",
           "hammer_anvil/unknown-horizons__*",
           strikes=True),
    _class("drum", False,
           "drum/sonic-pi-samples__*", "", "drum/wordwarvi-sound__*", strikes=True),
    _class("cow", False,
           "cow/megaglest__cow* cow/megaglest__mudchute*",
           "cow/scorched3d__*",
           "cow/openttd-opensfx__* cow/supertuxkart__*"),
    _class("bird", False,
           "bird/openttd-opensfx__* bird/megaglest__*",
           "bird/sonic-pi-samples__*",
           "bird/supertuxkart__*"),
]  # fmt: skip

SOUND_CLASSES: dict[str, SoundClass] = {c.name: c for c in _ALL}

NOISES = _class(
    NOISE, False,
    "wind/megaglest__* applause_cheer/scorched3d__* aircraft/scorched3d__* insect/* "
    "fire_crackle/ufoai-sound__fire* fire_crackle/minetest__* factory_machine/sonic-pi-samples__*",
    "wind/trigger-rally__* fire_crackle/minetest-mod-homedecor__* aircraft/gcompris-qt__*",
    "wind/openttd-opensfx__* factory_machine/openttd-opensfx__* factory_machine/supertuxkart__* "
    "aircraft/supertuxkart__* "
    "aircraft/openttd-opensfx__24* applause_cheer/openttd-opensfx__*",
)  # fmt: skip
"""Background recordings that are none of the classes, for noise beds."""
