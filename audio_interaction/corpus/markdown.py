"""Markdown, code and links as a voice would read them. Part of the spoken form (`spoken`)."""

import re
from collections.abc import Callable
from functools import cache

SHORT_CODE = 30  # characters of code that may still be read aloud


@cache
def _parser() -> Callable[[str], list[dict]]:
    import mistune

    return mistune.create_markdown(renderer="ast", plugins=["strikethrough", "table"])


_PLAIN = {"text", "softbreak"}


def markdown_removed(text: str) -> tuple[str, list[str]]:
    """The text of Markdown, and the kinds of change; a text without any comes back as it is.

    Headings, list items and rows of a table become sentences, pictures their descriptions. Code of
    up to 30 characters stays, longer code goes.
    """
    blocks = _parser()(text)
    children = [child for block in blocks for child in block.get("children", ())]
    if len(blocks) == 1 and blocks[0]["type"] == "paragraph":
        # Escapes split a text in two; plain text comes in one piece a line.
        if {child["type"] for child in children} <= _PLAIN and "\\" not in text:
            return text, []
    changes: set[str] = set()
    said = " ".join(filter(None, (_block(block, changes) for block in blocks)))
    return said, sorted(changes)


def _block(block: dict, changes: set[str]) -> str:
    kind = block["type"]
    if kind in ("paragraph", "block_text"):
        return _inline(block, changes)
    if kind == "blank_line":
        return ""
    if kind == "block_code" and block.get("style") != "indent":
        return _code(block["raw"], changes)
    changes.add("markdown")
    if kind == "block_code":  # mere indentation
        return block["raw"]
    if kind in ("heading", "table_cell"):
        said = _inline(block, changes)
    else:
        parts = [_block(child, changes) for child in block.get("children", ())]
        joint = ", " if kind in ("table_head", "table_row") else " "
        said = joint.join(filter(None, parts))
    ends = kind in ("heading", "list_item", "table_head", "table_row")
    if kind == "list" and _is_number(block):
        said = f"{block['attrs']['start']}. {said}"
    return f"{said}." if ends and said and said[-1] not in ".!?:;" else said


def _is_number(block: dict) -> bool:
    """Whether a "list" is but a sentence that begins with a number: "1986. What a year"."""
    start = block["attrs"].get("start", 1)
    return start > 1 and len(block["children"]) == 1


def _inline(node: dict, changes: set[str]) -> str:
    said = ""
    for child in node.get("children", ()):
        kind = child["type"]
        if kind == "text":
            said += child["raw"]
        elif kind in ("softbreak", "linebreak"):
            said += " "
        elif kind == "codespan":
            said += _code(child["raw"], changes)
        elif kind == "inline_html":
            changes.add("markdown")
        else:
            changes.add("link" if kind in ("link", "image") else "markdown")
            said += _inline(child, changes)
    return said


def _code(code: str, changes: set[str]) -> str:
    changes.add("code")
    code = code.strip()
    return code if len(code) <= SHORT_CODE and "\n" not in code else ""


_ADDRESS = re.compile(
    r"(?:https?://|www\.)([^\s/?#<>()]+)[^\s<>()]*?(?=[.,;:!?]*(?:[\s<>()]|$))"
    r"|([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)"
)


def links_read(text: str) -> tuple[str, list[str]]:
    """Of a web address its host is read aloud ("example dot com"), of a mail address all."""

    def say(match: re.Match) -> str:
        host, user, domain = match.groups()
        said = f"{user} at {domain}" if user else host.removeprefix("www.").partition(":")[0]
        return re.sub(r"\.(?=\w)", " dot ", said)

    said, count = _ADDRESS.subn(say, text)
    return said, ["link"] * bool(count)
