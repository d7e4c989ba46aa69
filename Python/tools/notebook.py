"""Makes `tutorial.ipynb` from `TUTORIAL.md`: `python tools/notebook.py`."""

import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]
_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


def blocks(page: str) -> list[tuple[str, str]]:
    """The page in pieces: `markdown`, `sh` or `python`, and its text."""
    found, end = [], 0
    for match in _BLOCK.finditer(page):
        found += [("markdown", page[end : match.start()].strip()), (match[1], match[2].rstrip("\n"))]
        end = match.end()
    found.append(("markdown", page[end:].strip()))
    return [(kind, text) for kind, text in found if text]


def notebook(page: str) -> dict[str, Any]:
    """The page as a notebook of format 4.5, without outputs."""
    cells = []
    for number, (kind, text) in enumerate(blocks(page)):
        # A notebook shows figures itself.
        text = text.replace('import matplotlib\n\nmatplotlib.use("Agg")\n', "") if kind == "python" else text
        source = "%%sh\n" + text if kind == "sh" else text
        cell: dict[str, Any] = {"id": f"cell-{number}", "metadata": {}, "source": source.splitlines(keepends=True)}
        if kind == "markdown":
            cells.append({"cell_type": "markdown"} | cell)
        else:
            cells.append({"cell_type": "code", "execution_count": None, "outputs": []} | cell)
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def text(page: str) -> str:
    """The notebook as its file has it."""
    return json.dumps(notebook(page), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (HERE / "tutorial.ipynb").write_text(text((HERE / "TUTORIAL.md").read_text()))
