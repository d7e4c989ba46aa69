"""Puts photoz beside PyTorch, ONNX Runtime and OpenVINO: same weights, same galaxies, same cores.

First each contestant chooses its way of running and its batch size; then rounds in which all take turns;
then the accuracy of each against float64. Prints a table. Linux only: the processor time of others is read
from /proc.
"""

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any, Protocol

import h5py
import numpy as np

from levels import LEVELS, Level, Unheld

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WEIGHTS = ROOT / "Data/astromae-mock-sdss.h5"
GALAXIES = ROOT / "Data/mock-galaxies.h5"
PHOTOZ = ROOT / ".build-static/release/photoz"
PACKAGES = ("torch", "onnx", "onnxscript", "onnxruntime", "openvino", "nncf", "numpy")
TRIES = 6
DISTURBED = 0.05
"""Share of the cores that other programs may have during a measurement before it is taken again."""

A_PROCESS_A_CORE = "/core"
MODES = {
    ("photoz", "f32"): ("threads",),
    ("photoz", "bf16"): ("threads",),
    ("photoz", "int8"): ("threads",),
    ("PyTorch", "f32"): ("eager", "script", "compile", "compile/core"),
    ("PyTorch", "bf16"): ("eager", "compile", "compile/core"),
    ("ONNX Runtime", "f32"): ("threads", "threads/core"),
    ("ONNX Runtime", "int8"): ("threads", "threads/core"),
    ("OpenVINO", "f32"): ("latency", "throughput"),
    ("OpenVINO", "bf16"): ("latency", "throughput"),
    ("OpenVINO", "int8"): ("latency", "throughput"),
}

TILES = [56, 112, 224, 448, 896]
"""Batches of whole tiles: photoz takes 28 galaxies at a time."""


@dataclass(frozen=True)
class Configuration:
    engine: str
    precision: str
    mode: str
    batch: int

    @property
    def contestant(self) -> str:
        return f"{self.engine} {self.precision}"


@dataclass(frozen=True)
class Measurement:
    """Galaxies a second, and the share of the cores that went to other programs meanwhile."""

    rate: float
    others: float


class Unavailable(Exception):
    """A contestant cannot run here; the message says why."""


class Contestant(Protocol):
    kernels: dict[str, int]
    """How many of each kernel the engine says it uses, where it does."""

    def measure(self, seconds: float) -> float:
        """Galaxies a second."""

    def predict(self) -> np.ndarray:
        """The redshifts of all galaxies."""

    def processor_seconds(self) -> float:
        """What the contestant's processes have used so far."""

    def close(self) -> None: ...


class Photoz:
    """`photoz bench`, started afresh for each measurement: it builds, warms up and times itself."""

    def __init__(self, configuration: Configuration, bench: "Bench") -> None:
        self.binary, self.level = bench.binary, bench.level
        self.options = ["--precision", configuration.precision, "--threads", str(bench.threads)]
        if self.level:
            self.options += ["--instruction-set", self.level.name]
        self.batch = ["--batch-size", str(configuration.batch)]
        self.seconds = 0.0
        self.kernels: dict[str, int] = {}

    def measure(self, _: float) -> float:
        report = json.loads(
            self.command("bench", "--weights", str(WEIGHTS), *self.options, *self.batch, "--json")
        )
        if self.level and not self.level.is_named(report["instruction_set"]):
            raise Unavailable(f"{report['instruction_set']} is what it ran at, not {self.level.name}")
        return float(report["galaxies_per_second"])

    def predict(self) -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            paths = ["--weights", str(WEIGHTS), "--data", str(GALAXIES), "--output", folder]
            self.command("run", *paths, *self.options, *self.batch, "--quiet")
            with h5py.File(f"{folder}/predictions.h5") as file:
                return file["redshift_predicted"][:].astype("f8")

    def processor_seconds(self) -> float:
        return self.seconds

    def close(self) -> None:
        pass

    def command(self, *arguments: str) -> str:
        before = children_seconds()
        done = subprocess.run([self.binary, *arguments], capture_output=True, text=True, check=False)
        self.seconds += children_seconds() - before
        if done.returncode != 0:
            raise Unavailable(done.stderr.strip().splitlines()[0] if done.stderr.strip() else "no message")
        return done.stdout


class Peer:
    """An engine in one process with all the threads, or in a process for each core."""

    def __init__(self, configuration: Configuration, threads: int, level: Level | None = None) -> None:
        mode = configuration.mode.removesuffix(A_PROCESS_A_CORE)
        count = threads if mode != configuration.mode else 1
        settings = asdict(configuration) | {"mode": mode, "threads": threads // count}
        self.held = level.environment() if level else {}
        if level:
            settings["level"] = level.name
        self.log = tempfile.TemporaryFile("w+")
        self.processes = [self.start(settings) for _ in range(count)]
        try:
            self.kernels: dict[str, int] = self.answers()[0]["kernels"]
        except Unavailable:
            self.close()
            raise

    def start(self, settings: dict[str, Any]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(HERE / "engines.py"), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env=os.environ
            | {name: str(settings["threads"]) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
            | self.held,
        )

    def answers(self) -> list[Any]:
        lines = [process.stdout.readline() for process in self.processes if process.stdout]
        if not all(lines):
            self.log.seek(0)
            raise Unavailable((self.log.read().strip().splitlines() or ["ended without a message"])[-1])
        return [json.loads(line) for line in lines]

    def ask(self, **command: Any) -> list[Any]:
        for process in self.processes:
            print(json.dumps(command), file=process.stdin, flush=True)
        return self.answers()

    def measure(self, seconds: float) -> float:
        return sum(answer["galaxies"] / answer["seconds"] for answer in self.ask(seconds=seconds))

    def predict(self) -> np.ndarray:
        return np.array(self.ask()[0])

    def processor_seconds(self) -> float:
        return sum(process_seconds(process.pid) for process in self.processes)

    def close(self) -> None:
        for process in self.processes:
            if process.stdin:
                process.stdin.close()
            process.kill()
            process.wait()


def children_seconds() -> float:
    used = os.times()
    return used.children_user + used.children_system


def process_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy_seconds(cores: set[int]) -> float:
    """What these cores have worked or been taken away by a hypervisor, whoever it was for."""
    total = 0
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name.startswith("cpu") and name[3:].isdigit() and int(name[3:]) in cores:
            user, nice, system, _, _, interrupts, soft_interrupts, stolen = (int(tick) for tick in ticks[:8])
            total += user + nice + system + interrupts + soft_interrupts + stolen
    return total / os.sysconf("SC_CLK_TCK")


class Bench:
    """Starts and measures contestants on the cores that this process may use."""

    def __init__(self, binary: Path, threads: int, seconds: float, level: Level | None) -> None:
        available = sorted(os.sched_getaffinity(0))
        if threads > len(available):
            raise SystemExit(f"{threads} threads need as many cores, and there are {len(available)}.")
        self.cores = set(available[:threads])
        os.sched_setaffinity(0, self.cores)
        self.binary, self.threads, self.seconds, self.level = binary, threads, seconds, level
        self.tried: list[dict[str, Any]] = []

    def start(self, configuration: Configuration) -> Contestant:
        if configuration.engine == "photoz":
            return Photoz(configuration, self)
        return Peer(configuration, self.threads, self.level)

    def measure(self, contestant: Contestant) -> Measurement:
        """The least disturbed of some measurements, the first one if nobody disturbs it."""
        best = self.measure_once(contestant)
        for _ in range(TRIES - 1):
            if best.others <= DISTURBED:
                break
            time.sleep(self.seconds)
            best = min(best, self.measure_once(contestant), key=lambda measurement: measurement.others)
        return best

    def measure_once(self, contestant: Contestant) -> Measurement:
        start, busy, own = time.perf_counter(), busy_seconds(self.cores), contestant.processor_seconds()
        rate = contestant.measure(self.seconds)
        others = busy_seconds(self.cores) - busy - (contestant.processor_seconds() - own)
        return Measurement(rate, max(0.0, others / (time.perf_counter() - start) / self.threads))

    def rate(self, configuration: Configuration) -> float:
        contestant = self.start(configuration)
        try:
            measurement = self.measure(contestant)
        finally:
            contestant.close()
        say(f"  {configuration.mode}, batches of {configuration.batch}: {measurement.rate:.0f}", measurement)
        self.tried.append(asdict(configuration) | asdict(measurement))
        return measurement.rate

    def choose(self, engine: str, precision: str, sizes: list[int]) -> Configuration:
        """The fastest way of running at a middling batch size, then the batch size it likes best."""
        say(f"{engine} {precision}")
        sizes = TILES if engine == "photoz" else sizes
        middle = min(sizes, key=lambda size: abs(size - 64))
        rates = self.rates(
            Configuration(engine, precision, mode, middle) for mode in MODES[engine, precision]
        )
        mode = max(rates, key=rates.__getitem__).mode
        others = (Configuration(engine, precision, mode, size) for size in sizes if size != middle)
        rates |= self.rates(others)
        return max(rates, key=rates.__getitem__)

    def rates(self, configurations: Iterable[Configuration]) -> dict[Configuration, float]:
        """Leaves out what does not run here, unless nothing does."""
        rates, reason = {}, None
        for configuration in configurations:
            try:
                rates[configuration] = self.rate(configuration)
            except Unavailable as error:
                reason = error
                say(f"  {configuration.mode}, batches of {configuration.batch}: does not run: {error}")
        if reason and not rates:
            raise reason
        return rates


def say(text: str, measurement: Measurement | None = None) -> None:
    if measurement and measurement.others > DISTURBED:
        text += f"   (others had {measurement.others:.0%} of the cores)"
    print(text, file=sys.stderr, flush=True)


def choose_all(bench: Bench, options: argparse.Namespace) -> tuple[list[Configuration], dict[str, str]]:
    """How each contestant runs, and why the others don't."""
    earlier = json.loads(options.chosen.read_text())["contestants"] if options.chosen else {}
    chosen, unavailable = [], {}
    for engine, precision in MODES:
        name = f"{engine} {precision}"
        if options.only not in name:
            continue
        try:
            if name in earlier:
                chosen.append(Configuration(**earlier[name]["configuration"]))
            else:
                chosen.append(bench.choose(engine, precision, options.batches))
        except Unavailable as error:
            unavailable[name] = str(error)
    return chosen, unavailable


def play(bench: Bench, contestants: dict[str, Contestant], rounds: int) -> dict[str, list[Measurement]]:
    """Rounds in which all take turns; every other one backwards, so that nobody always has the same past."""
    results: dict[str, list[Measurement]] = {name: [] for name in contestants}
    for index in range(rounds):
        say(f"Round {index + 1} of {rounds}")
        for name in list(contestants)[:: -1 if index % 2 else 1]:
            measurement = bench.measure(contestants[name])
            results[name].append(measurement)
            say(f"  {name}: {measurement.rate:.0f}", measurement)
    return results


def sigma_mad(predicted: np.ndarray, redshift: np.ndarray) -> float:
    errors = (predicted - redshift) / (1 + redshift)
    return float(1.4826 * np.median(np.abs(errors - np.median(errors))))


def accuracy(predicted: np.ndarray, exact: np.ndarray) -> dict[str, float]:
    with h5py.File(GALAXIES) as file:
        redshift = file["redshift"][:].astype("f8")
    errors = np.abs(predicted - exact)
    return {
        "largest_error": float(errors.max()),
        "error_99th_percentile": float(np.percentile(errors, 99)),
        "sigma_mad": sigma_mad(predicted, redshift),
        "sigma_mad_float64": sigma_mad(exact, redshift),
    }


def machine() -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    facts = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    # A virtual machine may hide the rest of the name; family and model say which processor it is.
    model = f" (family {facts['cpu family']}, model {facts['model']})" if "cpu family" in facts else ""
    wanted = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile")
    return {
        "processor": facts.get("model name", platform.machine()) + model,
        "cores": os.cpu_count(),
        "instruction_sets": [flag for flag in wanted if flag in processor_flags()],
    }


def processor_flags() -> list[str]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split() for line in lines if line.startswith("flags")), [])


def versions(binary: Path) -> dict[str, str]:
    found = {name: metadata.version(name) for name in PACKAGES}
    photoz = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.split()[0]
    return found | {"python": platform.python_version(), "photoz": photoz}


def run(options: argparse.Namespace) -> dict[str, Any]:
    level = LEVELS.get(options.level)
    if level:
        level.check(processor_flags())
    bench = Bench(options.photoz.resolve(), options.threads, options.seconds, level)
    chosen, unavailable = choose_all(bench, options)
    contestants: dict[str, Contestant] = {}
    try:
        for configuration in chosen:
            # What was chosen in an earlier run may not run at this level.
            try:
                contestants[configuration.contestant] = bench.start(configuration)
            except Unavailable as error:
                unavailable[configuration.contestant] = str(error)
        rounds = play(bench, contestants, options.rounds)
        predictions = {name: contestant.predict() for name, contestant in contestants.items()}
    finally:
        for contestant in contestants.values():
            contestant.close()
    exact = reference(options.threads)
    return {
        "command": shlex.join(["peers.py", *sys.argv[1:]]),
        "date": date.today().isoformat(),
        "machine": machine(),
        "versions": versions(bench.binary),
        "threads": options.threads,
        "seconds": options.seconds,
        "level": options.level,
        "free": free(level, contestants),
        "tried": bench.tried,
        "unavailable": unavailable,
        "contestants": {
            configuration.contestant: {
                "configuration": asdict(configuration),
                "kernels": contestants[configuration.contestant].kernels,
                "rounds": [asdict(measurement) for measurement in rounds[configuration.contestant]],
                "accuracy": accuracy(predictions[configuration.contestant], exact),
            }
            for configuration in chosen
            if configuration.contestant in contestants
        },
    }


def free(level: Level | None, contestants: dict[str, Contestant]) -> dict[str, str]:
    """Which contestants are not held to the level, or not wholly, and why; without a level nobody is held."""
    if not level:
        return {}
    reasons = {
        name: level.reason_free(name.rpartition(" ")[0], contestant.kernels)
        for name, contestant in contestants.items()
    }
    return {name: reason for name, reason in reasons.items() if reason}


def reference(threads: int) -> np.ndarray:
    """PyTorch in float64, which `python -m photoz.training.astromae --check` holds to the published one."""
    peer = Peer(Configuration("PyTorch", "f64", "eager", 64), threads)
    try:
        return peer.predict()
    finally:
        peer.close()


def ratio(results: dict[str, Any], name: str, other: str | None) -> str:
    """Median over the rounds of the ratio within a round, which a machine that drifts does not touch."""
    if other not in results:
        return ""
    pairs = zip(results[name]["rounds"], results[other]["rounds"], strict=True)
    return f"{median(mine['rate'] / theirs['rate'] for mine, theirs in pairs):.2f}"


def best_peers(rate: dict[str, float]) -> list[str]:
    """The fastest peer of each precision that has one: what photoz is held against."""
    peers = [name for name in rate if not name.startswith("photoz")]
    found = (
        max((name for name in peers if name.endswith(precision)), key=rate.__getitem__, default=None)
        for precision in ("f32", "bf16", "int8")
    )
    return [name for name in found if name]


def table(report: dict[str, Any]) -> str:
    results, unheld = report["contestants"], report.get("free", {})
    rate = {name: median(one["rate"] for one in result["rounds"]) for name, result in results.items()}
    best = best_peers(rate)

    def title(name: str) -> str:
        return f"{name} (free)" if name in unheld else name

    heads = ["", "galaxies/s", *(f"/ {title(name)}" for name in best)]
    heads += ["max \\|dz\\|", "99 % \\|dz\\|", "sigma_mad", "runs as"]
    rows = [heads, ["---", *["---:"] * (len(heads) - 2), "---"]]
    for name, result in results.items():
        errors, way = result["accuracy"], result["configuration"]
        change = round(errors["sigma_mad"] / errors["sigma_mad_float64"] - 1, 4) + 0.0  # no "-0.00%"
        rows.append(
            [
                title(name),
                f"{rate[name]:.0f}" if rate[name] >= 100 else f"{rate[name]:.3g}",
                *(ratio(results, name, other) for other in best),
                f"{errors['largest_error']:.1e}",
                f"{errors['error_99th_percentile']:.1e}",
                f"{change:+.2%}",
                f"{way['mode']}, batches of {way['batch']}",
            ]
        )
    rows += [
        [name, f"does not run{at_level(report)}: {reason}", *[""] * (len(heads) - 2)]
        for name, reason in report["unavailable"].items()
    ]
    lines = ("|" + "|".join(f" {cell} " if cell else " " for cell in row) + "|" for row in rows)
    return "\n".join([*lines, "", *notes(report)])


def at_level(report: dict[str, Any]) -> str:
    return " at this level" if report.get("level") else ""


def notes(report: dict[str, Any]) -> list[str]:
    used = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    measured = [one for result in report["contestants"].values() for one in result["rounds"]]
    disturbed = sum(one["others"] > DISTURBED for one in measured)
    sets = " ".join(report["machine"]["instruction_sets"])
    return [
        f"{report['date']}, {report['threads']} cores of {report['machine']['processor']} ({sets}); {used}.",
        f"Others had more than {DISTURBED:.0%} of the cores in {disturbed} of {len(measured)} measurements.",
        *level_notes(report),
    ]


def level_notes(report: dict[str, Any]) -> list[str]:
    """Which level the engines were held to, and who was not, each reason once."""
    if not report.get("level"):
        return []
    names: dict[str, list[str]] = {}
    for name, reason in report["free"].items():
        names.setdefault(reason, []).append(name)
    exceptions = [f"Free: {', '.join(who)}: {reason}." for reason, who in names.items()]
    return [f"Level {report['level']}: no engine may use more, but for those marked free.", *exceptions]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add: Callable[..., Any] = parser.add_argument
    add("--photoz", type=Path, default=PHOTOZ, help="the program (%(default)s)")
    add("--threads", type=int, default=2, help="cores for each contestant (%(default)s)")
    add("--rounds", type=int, default=7, help="(%(default)s)")
    add("--seconds", type=float, default=3, help="length of one measurement of a peer (%(default)s)")
    add("--level", choices=LEVELS, help="hold every engine to this instruction set, where it can be held")
    add(
        "--batches",
        type=int,
        nargs="+",
        default=[8, 16, 32, 64, 128, 256],
        help="sizes to choose from (%(default)s)",
    )
    add("--only", default="", help="contestants whose name has this in it, such as bf16")
    add(
        "--chosen",
        type=Path,
        help="take modes and batch sizes from an earlier --json instead of choosing anew",
    )
    add("--json", type=Path, help="write everything to this file")
    add("--table", type=Path, help="measure nothing, print the table of an earlier --json")
    return parser.parse_args()


def main() -> None:
    options = parse()
    if options.table:
        print(table(json.loads(options.table.read_text())))
        return
    try:
        report = run(options)
    except Unheld as error:
        raise SystemExit(str(error)) from error
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    print(table(report))


if __name__ == "__main__":
    main()
