"""Translation by template: the English template is recognised, its slots are carried over.

A language is a list of pairs (English template, its translation) and a table of slots. The slot
``{city}`` is filled from the table ``city``, as is ``{city2}``; a value may be a dict of inflected
forms, of which the translation picks one: ``{city[at]}``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

Slots = Mapping[str, Mapping[str, str | Mapping[str, str]]]


class Templates:
    """The templates of one language pair, compiled once; `polite` translates "please {}"."""

    def __init__(self, pairs: Sequence[tuple[str, str]], slots: Slots, polite: str):
        self._slots, self._polite = slots, polite
        self._pairs = [(self._compiled(english), other) for english, other in pairs]

    def _compiled(self, english: str) -> re.Pattern:
        def group(match: re.Match) -> str:
            values = sorted(self._slots[_table(match[1])], key=len, reverse=True)
            return f"(?P<{match[1]}>{'|'.join(map(re.escape, values))})"

        return re.compile(re.sub(r"\{(\w+)\}", group, english))

    def translate(self, text: str) -> str | None:
        """The translation of a text that one of the templates covers, else None.

        A "please" may stand before or after it.
        """
        plain = text.removeprefix("please ")
        plain = plain.removesuffix(" please") if plain == text else plain
        translation = next((translation for _, translation in self._matches(plain)), None)
        if translation is None or plain == text:
            return translation
        return self._polite.format(translation)

    def template(self, text: str) -> int | None:
        """Index of the first template that covers a text without "please", else None."""
        return next((index for index, _ in self._matches(text)), None)

    def _matches(self, text: str) -> Iterator[tuple[int, str]]:
        for index, (pattern, other) in enumerate(self._pairs):
            if match := pattern.fullmatch(text):
                filled = {
                    slot: self._slots[_table(slot)][value]
                    for slot, value in match.groupdict().items()
                }
                yield index, other.format(**filled)


def _table(slot: str) -> str:
    return slot.rstrip("0123456789")
