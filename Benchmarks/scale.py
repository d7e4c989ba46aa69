"""How long a job takes at any size: a small model, fed by measurements of this machine.

    python Benchmarks/scale.py --measure .build-static/release/photoz    writes Benchmarks/scale.json
    python Benchmarks/scale.py --validate .build-static/release/photoz   the model beside real runs
    python Benchmarks/scale.py                                           prints the tables of scale.md
    python Benchmarks/scale.py --storage 200 --partition-mb 1000         the same of other storage and files

Needs the standard library only. What is assumed and not measured stands in `Cluster`.
"""

import argparse
import json
import math
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "Data/astromae-mock-sdss.h5"
SMALL = ROOT / "Tests/Fixtures/small-weights.h5"
FIGURES = Path(__file__).with_suffix(".json")
IMAGE_BYTES = 5 * 32 * 32 * 4 + 5 * 8 + 4 + 8  # of a galaxy: image, magnitudes, redshift, identifier
WEIGHTS_BYTES = 48.6e6  # packed, in float32; less in other precisions
ROW_BYTES = 4 * 4 + 4 + 8 + 8  # of a galaxy in predictions.h5: four columns, partition, row, identifier
HEAP_BYTES = 16 + 16 + 24 - 8  # more for a string of any length as identifier: reference, head, text
JOURNAL_BYTES = 16.1  # of a galaxy in the journal, heads of records included
REDUCTIONS = 12  # at most, for all metrics and bins together, and one to agree on the length
REDUCED_BYTES = 9e6 / 12  # of a reduction, in the mean
EXCHANGES = 3  # of all ranks with all: identifiers that are unique, galaxies that are there once, answers
ENTRY_BYTES = 64  # of a partition, from the rank that looked at it to rank 0
PLAN_BYTES = 80  # of a partition, from rank 0 to each node
TABLE_PARTITION = 0.8e-6  # s on rank 0: 10^6 take 0.7 s (TableSpeedTests), and gathering them a little
RESULT_RANK = 1.5e-4  # s on rank 0, estimated: a rank's findings, its host, its entry in combined_data.json
BOARD_NODE = 1e-5  # s on rank 0, estimated: an answer to a node that asks how far the others are


@dataclass(frozen=True)
class Cluster:
    """What the machines are like: assumptions, except for `here()`."""

    nodes: int = 1_000_000  # at most
    cores: int = 64  # of a node, one rank on each
    latency: float = 2e-6  # s, from node to node
    network: float = 10e9  # bytes/s of a node
    storage: float = 50e9  # bytes/s of the shared file system, all nodes together
    node_storage: float = 5e9  # bytes/s of it that one node gets
    file_open: float = 1e-3  # s to open a file of the shared file system and read its head
    daemon: float = 1.0  # s to start a launcher's daemon on a node; each starts the next ones in a tree
    tree: int = 64  # daemons that one starts
    partition: float = 100e6  # bytes of a file
    strings: bool = False  # whether identifiers are strings of any length
    deadline: bool = False  # whether ranks tell each other how far they are

    @staticmethod
    def here(figures: dict) -> "Cluster":
        """The machine that was measured: its file system is the page cache."""
        return Cluster(
            nodes=1, cores=figures["cores"], storage=math.inf, node_storage=math.inf, file_open=0, daemon=0
        )


@dataclass(frozen=True)
class Step:
    """A part of a phase: how long it takes, and by what it grows."""

    phase: str
    name: str
    who: str
    seconds: float


def steps(
    figures: dict, cluster: Cluster, ranks: int, galaxies: float, precision: str, files: float
) -> list[Step]:
    """All steps of a job. What is read and journaled beside the computation counts where it takes longer."""
    nodes = min(cluster.nodes, math.ceil(ranks / cluster.cores))
    levels = math.ceil(math.log2(nodes)) if nodes > 1 else 0
    depth = math.ceil(math.log(nodes, cluster.tree)) if nodes > 1 else 0
    crowding = max(1.0, ranks / nodes / cluster.cores)
    bandwidth = min(cluster.storage, nodes * cluster.node_storage)
    own = galaxies / ranks * crowding
    messages = ranks * figures["message"] if ranks > 1 else 0
    opening = max(1.0, files / ranks) * crowding * (cluster.file_open + figures["plan_file"])
    compute = galaxies / (figures["rate"][precision] * min(ranks, nodes * cluster.cores))
    board = nodes * BOARD_NODE * compute if cluster.deadline and nodes > 1 else 0
    read, journal = galaxies * IMAGE_BYTES / bandwidth, galaxies * JOURNAL_BYTES / bandwidth
    rounds = (REDUCTIONS + 1) * (math.ceil(math.log2(ranks)) if ranks > 1 else 0)
    one = cluster.latency + REDUCED_BYTES / cluster.network
    row = ROW_BYTES + (HEAP_BYTES if cluster.strings else 0)
    return [
        Step("start", "launcher", "all, in a tree", figures["launch"]["1"] + cluster.daemon * depth),
        Step("start", "ranks", "each node its own", start_of_a_rank(figures) * ranks / nodes / cluster.cores),
        Step("plan", "list and sort names", "rank 0", files * figures["plan_name"]),
        Step("plan", "open partitions", "each rank its part", opening),
        Step("plan", "check identifiers", "each rank its part", galaxies * 8 / bandwidth),
        Step("plan", "gather the table", "rank 0", files * (TABLE_PARTITION + ENTRY_BYTES / cluster.network)),
        Step(
            "plan", "spread the table", "one copy a node, in a tree",
            levels * files * PLAN_BYTES / cluster.network,
        ),
        Step(
            "load", "weights", "rank 0, one copy a node, in a tree",
            figures["load"][precision] + levels * WEIGHTS_BYTES / cluster.network,
        ),
        Step("compute", "network", "each rank its galaxies", compute),
        Step("compute", "board", "rank 0, once a second for each node", board),
        Step("read", "images beyond computing", "all, the file system", max(0.0, read - compute)),
        Step(
            "read", "journal beyond computing", "one file a node",
            max(0.0, journal - max(0.0, compute - read)),
        ),
        Step("reduce", "metrics", "each rank its galaxies", own * figures["reduce_galaxy"]),
        Step("reduce", "at most 12 sums", "all, in a tree", rounds * one),
        Step("reduce", "identifiers", "all with all", galaxies * 16 / (nodes * cluster.network)),
        Step("reduce", "messages", "all with all", EXCHANGES * messages),
        Step(
            "write", "rows", "each rank its galaxies",
            figures["write_fixed"] + own * figures["write_galaxy"],
        ),
        Step("write", "predictions.h5", "all, the file system", galaxies * row / bandwidth),
        Step("write", "names of partitions", "rank 0", files * figures["write_name"]),
        Step("write", "entries of ranks", "rank 0", ranks * RESULT_RANK if ranks > 1 else 0),
        *(waits(figures, ranks / nodes) if crowding > 1 else []),
    ]  # fmt: skip


def waits(figures: dict, ranks: float) -> list[Step]:
    """What a job takes longer where ranks outnumber cores: a power between the worlds that were measured."""
    worlds = sorted(map(int, figures["waits"]))
    if not worlds:
        return []
    high = next((place for place, world in enumerate(worlds) if world >= ranks), len(worlds) - 1)
    low, high = worlds[max(high - 1, 0)], worlds[high]
    share = math.log(ranks / low) / math.log(high / low) if high > low else 0

    def between(phase: str) -> float:
        first, last = (max(figures["waits"][str(world)][phase], 1e-3) for world in (low, high))
        return first * (last / first) ** share

    return [Step(phase, "waiting for a core", "all", between(phase)) for phase in figures["waits"][str(low)]]


def job(
    figures: dict, cluster: Cluster, ranks: int, galaxies: float, precision: str, files: float
) -> dict[str, float]:
    """Seconds of each phase."""
    phases: dict[str, float] = {}
    for step in steps(figures, cluster, ranks, galaxies, precision, files):
        phases[step.phase] = phases.get(step.phase, 0) + step.seconds
    return phases


def start_of_a_rank(figures: dict) -> float:
    """Processor time, s: the slope over worlds that keep the cores busy."""
    alone = figures["launch"]["1"]
    worlds = {ranks: figures["launch"][str(ranks)] - alone for ranks in (6, 12, 24)}
    slope = sum(ranks * time for ranks, time in worlds.items()) / sum(ranks * ranks for ranks in worlds)
    return slope * figures["cores"]


def table(figures: dict, cluster: Cluster, volumes: tuple[float, ...]) -> str:
    """Job time over ranks and data, on the cluster that is assumed, in Markdown."""
    phases = list(job(figures, cluster, 1, 1, "f32", 1))
    lines = []
    for volume in volumes:
        for precision in ("f32", "int8"):
            lines += [
                f"**{volume / 1e12:.0f} TB ({volume / IMAGE_BYTES:.3g} galaxies), {precision}**",
                "",
                "| ranks | " + " | ".join(phases) + " | job | efficiency |",
                "|---:|" + "---:|" * (len(phases) + 2),
            ]
            alone = None
            for ranks in (1, 10, 100, 1_000, 10_000):
                times = job(
                    figures, cluster, ranks, volume / IMAGE_BYTES, precision, volume / cluster.partition
                )
                total = sum(times.values())
                alone = alone or total
                cells = [short(time) for time in times.values()] + [
                    short(total),
                    f"{alone / total / ranks:.2f}",
                ]
                lines.append(f"| {ranks:,} | ".replace(",", " ") + " | ".join(cells) + " |")
            lines.append("")
    return "\n".join(lines)


def step_table(figures: dict, cluster: Cluster, ranks: int, volume: float) -> str:
    """Each step of one job in float32, in Markdown."""
    lines = ["| phase | step | who | time |", "|---|---|---|---:|"]
    for step in steps(figures, cluster, ranks, volume / IMAGE_BYTES, "f32", volume / cluster.partition):
        lines.append(f"| {step.phase} | {step.name} | {step.who} | {short(step.seconds)} |")
    return "\n".join(lines)


def growth(figures: dict) -> str:
    """What one rank does alone for each galaxy, partition or rank of the job, in Markdown: µs."""
    network = Cluster.network
    rows = (
        ("listing and sorting names", 0, figures["plan_name"], 0, "measured"),
        ("names in Results.json and predictions.h5", 0, figures["write_name"], 0, "measured"),
        ("table of partitions", 0, TABLE_PARTITION + ENTRY_BYTES / network, 0, "measured (TableSpeedTests)"),
        ("messages that rank 0 takes or sends", 0, 0, EXCHANGES * figures["message"], "assumed"),
        ("findings, hosts and entries of ranks", 0, 0, RESULT_RANK, "estimated"),
        (
            "predictions, only with `--write collect`",
            figures["write_galaxy"] + ROW_BYTES / network, 0, 0, "measured",
        ),
    )  # fmt: skip
    lines = ["| on rank 0 | µs a galaxy | µs a partition | µs a rank | |", "|---|---:|---:|---:|---|"]
    for name, *costs, source in rows:
        cells = " | ".join(f"{cost * 1e6:.2g}" if cost else "0" for cost in costs)
        lines.append(f"| {name} | {cells} | {source} |")
    return "\n".join(lines)


def report(figures: dict, partition: float, storages: list[float]) -> str:
    """All tables of scale.md."""
    first = Cluster(partition=partition, storage=storages[0])
    parts = [f"## Partitions of {partition / 1e6:.0f} MB", table(figures, first, (1e12, 100e12))]
    for storage in storages:
        cluster = Cluster(partition=10e9, storage=storage)
        parts += [
            f"## 100 TB in partitions of 10 GB, a file system of {storage / 1e9:.0f} GB/s",
            table(figures, cluster, (100e12,)),
        ]
    largest = Cluster(partition=10e9, storage=storages[-1], deadline=True)
    parts += [
        "## The steps with 10 000 ranks: 100 TB in partitions of 10 GB, "
        f"{storages[-1] / 1e9:.0f} GB/s, float32",
        step_table(figures, largest, 10_000, 100e12),
        "## What grows on one rank",
        growth(figures),
    ]
    return "\n\n".join(part.strip() for part in parts)


def short(seconds: float) -> str:
    """Seconds as people say them."""
    for limit, unit, divisor in ((120, "s", 1), (7200, "min", 60), (172_800, "h", 3600)):
        if seconds < limit:
            return f"{seconds / divisor:.3g} {unit}"
    return f"{seconds / 86_400:.3g} d"


def others() -> float:
    """Seconds of processor time of everybody else so far."""
    busy = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    ticks = sum(int(value) for value in busy[:3]) + sum(int(value) for value in busy[5:8])
    own = os.times()
    return ticks / os.sysconf("SC_CLK_TCK") - sum(own[:4])


class Program:
    """photoz, as users start it."""

    def __init__(self, path: str) -> None:
        self.path = str(Path(path).resolve())
        self.folder = Path(tempfile.mkdtemp(prefix="photoz-scale-"))
        self.environment = os.environ | {
            "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "OMPI_MCA_rmaps_base_oversubscribe": "1",
        }
        for galaxies in (1, 1024):
            self.call(
                "simulate", "--galaxies", str(galaxies), "--partitions", "1", "--output", self.made(galaxies)
            )

    def made(self, galaxies: int) -> str:
        return str(self.folder / f"made-{galaxies}")

    def call(self, *arguments: str, ranks: int = 0) -> str:
        launcher = ["mpirun", "-np", str(ranks)] if ranks else []
        done = subprocess.run(
            [*launcher, self.path, *arguments],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def survey(self, files: int, galaxies: int) -> Path:
        """The same galaxies in so many files."""
        folder = self.folder / f"survey-{files}-{galaxies}"
        if not folder.exists():
            folder.mkdir()
            for index in range(files):
                (folder / f"{index}.h5").symlink_to(self.made(galaxies) + "/1.h5")
        return folder

    def run(
        self, ranks: int, files: int, *more: str, weights: Path = WEIGHTS, galaxies: int = 1024
    ) -> dict[str, float]:
        """The phases of one run; `launch` is all before MPI is up and after the results are written."""
        output = self.folder / "out"
        begin, before = time.perf_counter(), others()
        self.call(
            "run", "--weights", str(weights), "--data", str(self.survey(files, galaxies)),
            "--output", str(output), "--overwrite", "--quiet", *more, ranks=ranks,
        )  # fmt: skip
        whole = time.perf_counter() - begin
        disturbed = (others() - before) / whole / len(os.sched_getaffinity(0))
        results = json.loads((output / "Results.json").read_text())
        phases = results["wall_time (seconds)"]
        return phases | {
            "whole": whole,
            "launch": whole - phases["total"] + phases["mpi"],
            "plan": phases["startup"] - phases["mpi"],
            "others": disturbed,
            # By processor time: other programs take turns on the cores, and this one must not pay for them.
            "rate": results["num_samples"] / results["total_cpu_time (seconds)"],
            "memory": results["total_cpu_memory (MB)"] * 1e6 / ranks,
        }

    def several(self, ranks: int, files: int, *more: str, seconds: float = 45) -> list[dict[str, float]]:
        """Three runs, or as many as are done in so many seconds: with 128 ranks on two cores that is one."""
        begin = time.perf_counter()
        runs = [self.run(ranks, files, *more)]
        while len(runs) < 3 and time.perf_counter() - begin < seconds * len(runs) / (len(runs) + 1):
            runs.append(self.run(ranks, files, *more))
        return runs


def measure(program: Program) -> dict:
    """All figures of the model."""
    engine = {
        precision: [program.run(1, 4, "--precision", precision) for _ in range(3)]
        for precision in ("f32", "bf16", "int8")
    }
    worlds = {ranks: program.several(ranks, 1) for ranks in (1, 2, 4, 6, 12, 24, 48, 96, 192)}
    launches = {ranks: min(run["launch"] for run in runs) for ranks, runs in worlds.items()}
    cores = len(os.sched_getaffinity(0))
    # With a small network, so that little else takes time.
    groups = [
        [program.run(1, files, *more, weights=SMALL, galaxies=1) for _ in range(7)]
        for files, *more in ((1,), (8193,), (8193, "--file-limit", "1"))
    ]
    few, many, listed = (
        {key: min(run[key] for run in group) for key in ("plan", "memory", "write", "reduce")}
        for group in groups
    )
    plan_name = max(0.0, listed["plan"] - few["plan"]) / 8192
    plan_file = (many["plan"] - listed["plan"]) / 8192
    runs = [[program.run(1, files, weights=SMALL) for _ in range(2)] for files in (64, 256)]
    reduce, write = ([min(run[key] for run in group) for group in runs] for key in ("reduce", "write"))
    galaxies = 1024 * (256 - 64)
    reduce_galaxy, write_galaxy = (max(0.0, (long - short) / galaxies) for short, long in (reduce, write))
    # A file has one galaxy here, which takes its own time.
    ends = many["write"] + many["reduce"] - few["write"] - few["reduce"]
    alone = engine["f32"]
    figures = {
        "cores": cores,
        "launch": {str(ranks): time for ranks, time in launches.items()},
        "plan_file": plan_file,
        "plan_name": plan_name,
        "plan_memory": (many["memory"] - few["memory"]) / 8192,
        "write_name": max(0.0, ends / 8192 - reduce_galaxy - write_galaxy),
        "load": {precision: min(run["load"] for run in runs) for precision, runs in engine.items()},
        "rate": {precision: max(run["rate"] for run in runs) for precision, runs in engine.items()},
        "reduce_galaxy": reduce_galaxy,
        "write_galaxy": write_galaxy,
        "write_fixed": min(run["write"] for run in alone),  # mostly fsync
        "message": 5e-6,
    }
    crowded = {ranks: runs for ranks, runs in worlds.items() if ranks > cores}
    return figures | {"waits": {str(ranks): excess(figures, ranks, runs) for ranks, runs in crowded.items()}}


def excess(figures: dict, ranks: int, runs: list[dict[str, float]]) -> dict[str, float]:
    """Seconds by phase that a run with more ranks than cores takes longer than the model without `waits`."""
    model = job(figures | {"waits": {}}, Cluster.here(figures), ranks, 1024, "f32", 1)
    run = min(runs, key=lambda run: run["whole"])
    found = {"start": run["launch"], "compute": run["inference"]}
    found |= {phase: run[phase] for phase in ("plan", "load", "reduce", "write")}
    return {phase: max(0.0, seconds - model[phase]) for phase, seconds in found.items()}


def validate(program: Program, figures: dict) -> None:
    """The model beside real runs on the machine that was measured, given the cores that others left."""
    cores = figures["cores"]
    print("| ranks | galaxies | precision | model | others had | model, then | measured | error |")
    print("|---:|---:|---|---:|---:|---:|---:|---:|")
    for ranks, files, precision in (
        (1, 4, "f32"),
        (2, 4, "f32"),
        (8, 4, "f32"),
        (2, 8, "int8"),
        (64, 4, "int8"),
        (128, 4, "int8"),
    ):
        model = sum(job(figures, Cluster.here(figures), ranks, 1024 * files, precision, files).values())
        runs = program.several(ranks, files, "--precision", precision)
        run = min(runs, key=lambda run: run["whole"])
        left = cores * (1 - run["others"])
        shared = model * max(1, min(ranks, cores) / left)
        cells = [ranks, 1024 * files, precision, f"{model:.2f} s", f"{100 * run['others']:.0f} %"]
        cells += [f"{shared:.2f} s", f"{run['whole']:.2f} s", f"{100 * (shared / run['whole'] - 1):+.0f} %"]
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--measure", metavar="PHOTOZ", help="measure this machine with that program")
    parser.add_argument("--validate", metavar="PHOTOZ", help="run that program and compare")
    parser.add_argument("--partition-mb", metavar="SIZE", type=float, default=100, help="of a file (100)")
    parser.add_argument(
        "--storage", metavar="GB/s", type=float, nargs="+", default=[50, 100], help="of file systems (50 100)"
    )
    arguments = parser.parse_args()
    if arguments.measure:
        FIGURES.write_text(json.dumps(measure(Program(arguments.measure)), indent=2) + "\n")
    figures = json.loads(FIGURES.read_text())
    if missing := {"plan_name", "write_name", "waits"} - set(figures):
        parser.error(f"{FIGURES}: lacks {', '.join(sorted(missing))}, which --measure finds out")
    if arguments.validate:
        validate(Program(arguments.validate), figures)
    elif not arguments.measure:
        print(report(figures, arguments.partition_mb * 1e6, [storage * 1e9 for storage in arguments.storage]))


if __name__ == "__main__":
    main()
