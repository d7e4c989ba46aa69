#!/usr/bin/env python3
"""Writes the manual, a page for each command, from the program's own definitions.

    photoz --experimental-dump-help | python3 manual.py --date 2026-11-30 --output share/man/man1

Pages are mdoc(7): photoz.1, photoz-run.1 and so on. swift-argument-parser has a generator too; its pages
do not pass `mandoc -T lint`, have no titles of option groups and no layout of examples.
"""

import argparse
import datetime
import json
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

# A full stop that ends a sentence: mdoc wants the next one on a line of its own.
SENTENCE = re.compile(r"(?<=[a-zA-Z0-9)\]'\"][.!?])\s+(?=[A-Z])")


def escaped(text: str) -> str:
    """Text as roff takes it for what it is: options with hyphens that can be copied, ASCII only."""
    text = text.replace("\\", "\\e").replace('"', "\\(dq")
    text = re.sub(r"(?<![\w-])-{1,2}(?=[a-zA-Z])", lambda dashes: "\\-" * len(dashes[0]), text)
    return "".join(char if ord(char) < 128 else f"\\[u{ord(char):04X}]" for char in text)


def line(text: str) -> str:
    """A line of text, which a full stop or an apostrophe at its start would make a request."""
    return "\\&" + text if text[:1] in (".", "'") else text


def prose(text: str) -> list[str]:
    """Lines of a paragraph, a sentence on its own ones, none over 78 columns where words allow it."""
    lines = []
    for sentence in SENTENCE.split(" ".join(text.split())):
        for part in textwrap.wrap(sentence, 70, break_long_words=False, break_on_hyphens=False):
            lines.append(line(escaped(part)))
    return lines


def paragraphs(text: str) -> list[str]:
    """A discussion: paragraphs, and blocks whose lines are indented, such as commands, as they are."""
    lines: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        rows = block.split("\n")
        while rows:
            is_literal = rows[0][:1].isspace()
            count = next((i for i, row in enumerate(rows) if row[:1].isspace() != is_literal), len(rows))
            part, rows = rows[:count], rows[count:]
            if is_literal:
                lines += [".Bd -literal -offset indent"]
                lines += [line(escaped(row)) for row in textwrap.dedent("\n".join(part)).split("\n")]
                lines += [".Ed"]
            else:
                lines += ([".Pp"] if lines else []) + prose(" ".join(part))
    return lines


def sections(discussion: str) -> tuple[str, dict[str, str]]:
    """What a command does, and what stands behind it under titles such as "EXAMPLES:"."""
    text, *parts = re.split(r"(?:^|\n)([A-Z][A-Z ]+):\n", discussion)
    return text, dict(zip(parts[::2], parts[1::2], strict=True))


def exit_status(text: str) -> list[str]:
    """Exit codes, a line for each: the number and what it means."""
    lines = [".Sh EXIT STATUS", ".Bl -tag -width Ds"]
    for code, meaning in re.findall(r"^ *(\d+) +(.*)$", text, re.MULTILINE):
        lines += [f".It {code}", *prose(meaning)]
    return [*lines, ".El"]


def flags(option: dict[str, Any]) -> list[str]:
    """An option's names: "Fl h", "Fl -help"."""
    return ["Fl " + ("" if name["kind"] == "short" else "-") + escaped(name["name"]) for name in option["names"]]


def value(argument: dict[str, Any]) -> str:
    """What follows an option's name: "Ar file", "Ar path ...", or nothing."""
    if argument["kind"] == "flag":
        return ""
    repeats = argument["isRepeating"] or argument["parsingStrategy"] in ("upToNextOption", "allRemainingInput")
    return f"Ar {escaped(argument['valueName']).replace(' ', '-')}" + (" ..." if repeats else "")


def synopsis(argument: dict[str, Any]) -> str:
    """An argument's line in the synopsis."""
    name = "" if argument["kind"] == "positional" else flags({"names": [argument["preferredName"]]})[0]
    words = " ".join(filter(None, [name, value(argument)]))
    return f".Op {words}" if argument["isOptional"] else f".{words}"


def described(argument: dict[str, Any]) -> list[str]:
    """An argument's entry in the list of options."""
    names = [] if argument["kind"] == "positional" else flags(argument)
    text = argument.get("abstract", "")
    if "defaultValue" in argument and "default" not in text:
        text = f"{text.rstrip('.')} (default: {argument['defaultValue']})."
    head = " , ".join(names) + (" " if names and value(argument) else "") + value(argument)
    more = [".Pp", *paragraphs(argument["discussion"])] if "discussion" in argument else []
    return [f".It {head}", *prose(text), *more]


def options(arguments: list[dict[str, Any]]) -> list[str]:
    """The lists of options, each group under its title as in the help."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for argument in arguments:
        groups.setdefault(argument.get("sectionTitle", ""), []).append(argument)
    lines = []
    for title, members in groups.items():
        lines += [f".Ss {escaped(title[:1].upper() + title[1:])}"] if title else []
        lines += [".Bl -tag -width Ds", *(row for member in members for row in described(member)), ".El"]
    return lines


def page(command: dict[str, Any], date: datetime.date) -> tuple[str, str]:
    """The name of a command's page, and the page."""
    words = [*command.get("superCommands", []), command["commandName"]]
    name = "-".join(words)
    shown = [argument for argument in command["arguments"] if argument["shouldDisplay"]]
    # mdoc wants no full stop there.
    abstract = command["abstract"].rstrip(".")
    lines = [
        f".Dd {date:%B} {date.day}, {date.year}",
        f".Dt {name.upper()} 1",
        ".Os",
        ".Sh NAME",
        f".Nm {name}",
        f".Nd {escaped(abstract[:1].lower() + abstract[1:])}",
        ".Sh SYNOPSIS",
        f".Nm {' '.join(words)}",
        *(synopsis(argument) for argument in shown),
    ]
    children = [child for child in command.get("subcommands", []) if child["commandName"] != "help"]
    lines += [".Ar command ..."] if children else []
    text, parts = sections(command.get("discussion", ""))
    lines += [".Sh DESCRIPTION", *paragraphs(text.strip() or command["abstract"])]
    if children:
        lines += [".Sh COMMANDS", "Each has a page of its own.", ".Bl -tag -width Ds"]
        for child in children:
            lines += [f".It Cm {child['commandName']}", *prose(child["abstract"])]
        lines += [".El"]
    lines += [".Sh OPTIONS", *options(shown)]
    if "EXIT CODES" in parts:
        lines += exit_status(parts["EXIT CODES"])
    if "EXAMPLES" in parts:
        lines += [".Sh EXAMPLES", *paragraphs(parts["EXAMPLES"])]
    others = [f"{name}-{child['commandName']}" for child in children] or ["photoz"]
    lines += [".Sh SEE ALSO"]
    lines += [f".Xr {other} 1" + (" ," if other != max(others) else "") for other in sorted(others)]
    return f"{name}.1", "\n".join(lines) + "\n"


def main() -> None:
    """Reads the dump from standard input and writes the pages."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--date", type=datetime.date.fromisoformat, required=True, help="the date that pages bear")
    parser.add_argument("--output", type=Path, required=True, help="the folder that receives the pages")
    given = parser.parse_args()
    dump = json.load(sys.stdin)
    if dump["serializationVersion"] != 0:
        sys.exit(f"manual.py: knows dumps of version 0, and this one is of {dump['serializationVersion']}")
    given.output.mkdir(parents=True, exist_ok=True)
    commands = [dump["command"], *dump["command"]["subcommands"]]
    for command in commands:
        if command["commandName"] != "help":
            name, text = page(command, given.date)
            (given.output / name).write_text(text)


if __name__ == "__main__":
    main()
