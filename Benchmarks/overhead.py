"""What a change costs: two versions of photoz in turns on the same galaxies, two ranks.

    python Benchmarks/overhead.py BEFORE AFTER --data survey [--rounds 5] [-- OPTIONS OF AFTER]

prints galaxies a second over the inference phase of each, minimum, median and maximum, and the median of the
ratio within a round. So was measured what journal and progress board cost: with the last version before them,
and `-- --deadline 60`.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
from pathlib import Path

WEIGHTS = Path(__file__).resolve().parent.parent / "Data/astromae-mock-sdss.h5"


def rate(program: str, data: str, more: list[str]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        paths = ["--weights", str(WEIGHTS), "--data", data, "--output", folder]
        command = ["mpirun", "-np", "2", program, "run", *paths, "--quiet", *more]
        subprocess.run(command, check=True, capture_output=True)
        return json.loads((Path(folder) / "Results.json").read_text())["sample_persec"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--data", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("options", nargs="*", help="of the second program, behind --")
    given = parser.parse_args()
    pairs = []
    for turn in range(given.rounds):
        order = [(given.before, []), (given.after, given.options)]
        if turn % 2:
            order.reverse()
        rates = [rate(program, given.data, more) for program, more in order]
        pairs.append(tuple(rates[::-1] if turn % 2 else rates))
    for name, found in zip(("before", "after"), zip(*pairs, strict=True), strict=True):
        middle = statistics.median(found)
        print(f"{name:7} {min(found):8.1f} {middle:8.1f} {max(found):8.1f} galaxies a second")
    print(f"after / before: {statistics.median(after / before for before, after in pairs):.4f}")


if __name__ == "__main__":
    main()
