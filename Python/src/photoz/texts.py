"""Texts of files and names, wherever they come from."""

import re
from typing import Any


def text_of(value: Any) -> str:
    """A text, stored as bytes or not."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def natural(text: str) -> list[tuple[int, int, str]]:
    """A key by which 2 comes before 10."""
    parts = re.split(r"(\d+)", text)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
