"""Puts the latency of `Collectives` beside the same loops in C and in mpi4py: two ranks, a core each.

The three programs take turns; every other round runs backwards. The table has medians over the rounds, and
differences are medians of the difference within a round, so that a machine that slows down harms nobody.

With `--arrays`, Swift and C alone, with arrays of 64 MB whose results come in new memory, and C with memory that is
used again.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CHECK = ROOT / ".build/release/collectives-check"
RELATIVE, ABSOLUTE = 0.02, 0.05
"""A row passes when Swift is slower than C by no more than the larger of 2 % and 0.05 microseconds."""

Row = tuple[str, str, int]
Times = dict[Row, float]


def launch(command: list[str]) -> Times:
    environment = os.environ | {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMP_NUM_THREADS": "1",
    }
    launcher = ["mpirun", "-np", "2", "--map-by", "core", "--bind-to", "core"]
    done = subprocess.run(launcher + command, env=environment, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    lines = [line.split(",") for line in done.stdout.splitlines() if line.count(",") == 3]
    return {(kind, routine, int(size)): float(time) for kind, routine, size, time in lines}


def table(rounds: list[dict[str, Times]]) -> int:
    names = list(rounds[0])
    failed = 0
    print(f"| | | bytes | {' | '.join(names)} | Swift - C | |")
    print("|---|---|---:|" + "---:|" * len(names) + "---:|---|")
    for row in rounds[0]["Swift"]:
        kind, routine, size = row
        times = {name: median(r[name][row] for r in rounds) for name in names}
        difference = median(r["Swift"][row] - r["C"][row] for r in rounds)
        is_slow = difference > max(RELATIVE * times["C"], ABSOLUTE)
        failed += is_slow
        cells = " | ".join(f"{times[name]:.3f}" for name in names)
        share = 100 * difference / times["C"]
        mark = "slower" if is_slow else ""
        print(f"| {kind} | {routine} | {size} | {cells} | {difference:+.3f} ({share:+.1f} %) | {mark} |")
    count = len(rounds[0]["Swift"])
    print(f"\nMicroseconds, medians of {len(rounds)} rounds. {failed} of {count} rows are slower.")
    return failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--arrays", action="store_true", help="long arrays, beside C alone")
    parser.add_argument("--json", type=Path, help="keeps the times of every round")
    parser.add_argument("--table", type=Path, help="prints the table of such a file again")
    options = parser.parse_args()
    if options.table:
        saved = json.loads(options.table.read_text())
        rounds = [
            {
                name: {(kind, routine, size): time for kind, routine, size, time in rows}
                for name, rows in one.items()
            }
            for one in saved
        ]
        sys.exit(table(rounds) > 0)
    with tempfile.TemporaryDirectory() as folder:
        peer = f"{folder}/collectives"
        subprocess.run(["mpicc", "-O2", "-o", peer, str(HERE / "collectives.c")], check=True)
        commands = {
            "Swift": [str(CHECK), "latency"],
            "C": [peer],
            "mpi4py": [sys.executable, str(HERE / "collectives_mpi4py.py")],
        }
        if options.arrays:
            commands = {
                "Swift": [str(CHECK), "latency-arrays"],
                "C": [peer, "arrays"],
                "C, kept memory": [peer, "arrays-kept"],
            }
        rounds = []
        for number in range(options.rounds):
            names = list(commands) if number % 2 == 0 else list(reversed(commands))
            times = {name: launch(commands[name]) for name in names}
            rounds.append({name: times[name] for name in commands})
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
    if options.json:
        plain = [
            {name: [[*row, time] for row, time in times.items()] for name, times in one.items()}
            for one in rounds
        ]
        options.json.write_text(json.dumps(plain))
    sys.exit(table(rounds) > 0)


if __name__ == "__main__":
    main()
