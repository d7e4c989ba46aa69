"""How fast `photoz import` is beside writing the same bytes and syncing them; needs PyTorch.

python Benchmarks/import_speed.py .build-static/release/photoz
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch.utils.data import TensorDataset

GALAXIES = 100_000_000 // 20_524  # bytes of a galaxy: image, magnitudes, redshift
ROUNDS = 9


def write_and_sync(data: bytes, path: Path) -> float:
    start = time.perf_counter()
    with open(path, "wb") as file:
        file.write(data)
        os.fsync(file.fileno())
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "partition.pt"
        images, magnitudes = torch.randn(GALAXIES, 5, 32, 32), torch.rand(GALAXIES, 5, dtype=torch.float64)
        torch.save(TensorDataset(images, magnitudes, torch.rand(GALAXIES)), source)
        data = source.read_bytes()
        written, imported = [], []
        for _ in range(ROUNDS):
            target = Path(folder) / "copy"
            written.append(write_and_sync(data, target))
            target.unlink()
            target = Path(folder) / "partition.h5"
            start = time.perf_counter()
            subprocess.run(
                [sys.argv[1], "import", source, "--output", target], check=True, stdout=subprocess.DEVNULL
            )
            imported.append(time.perf_counter() - start)
            target.unlink()
        write, whole = statistics.median(written), statistics.median(imported)
        times = f"write and sync {write:.3f} s, import {whole:.3f} s, {write / whole:.2f} of the speed"
        print(f"{len(data) / 1e6:.1f} MB: {times}")


if __name__ == "__main__":
    main()
