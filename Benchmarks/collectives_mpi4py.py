"""The loops of `collectives-check latency` in mpi4py: the same calls, the same blocks, the same table."""

import time
from collections.abc import Callable

import numpy as np
from mpi4py import MPI

SIZES = (8, 64, 512, 4096, 32768, 262144, 4194304)
BLOCKS = 40
TESTS_BETWEEN_LOOKS = 64
DEADLINE = 60.0

world = MPI.COMM_WORLD
rank = world.Get_rank()
is_root = rank == 0


def wait_for(request: MPI.Request) -> None:
    test = request.Test
    for _ in range(TESTS_BETWEEN_LOOKS):
        if test():
            return
    begin = time.monotonic()
    while True:
        for _ in range(TESTS_BETWEEN_LOOKS):
            if test():
                return
        if time.monotonic() - begin > DEADLINE:
            world.Abort(5)


def measure(kind: str, routine: str, size: int, body: Callable[[], object]) -> None:
    calls = max(2, min(200, (1 << 21) // max(size, 1)))
    times = np.zeros(BLOCKS + 1)
    for block in range(BLOCKS + 1):
        world.Barrier()
        start = time.perf_counter()
        for _ in range(calls):
            body()
        times[block] = 1e6 * (time.perf_counter() - start) / calls
    world.Allreduce(MPI.IN_PLACE, times, MPI.MAX)
    if is_root:
        print(f"{kind},{routine},{size},{times[1:].min():.9g}")


def main() -> None:
    here = MPI.IN_PLACE
    measure("blocking", "barrier", 0, world.Barrier)
    measure("deadline", "barrier", 0, lambda: wait_for(world.Ibarrier()))
    for size in SIZES:
        data = np.zeros(size // 8)
        shares = np.zeros(size * world.Get_size(), dtype=np.uint8)
        whole = [data.view(np.uint8), MPI.BYTE]
        numbers = [data, MPI.DOUBLE]
        everything = [shares, size, MPI.BYTE]
        own = [shares[rank * size : (rank + 1) * size], MPI.BYTE]
        to_root = (here, numbers, MPI.SUM, 0) if is_root else (numbers, None, MPI.SUM, 0)
        gathered = (here, everything, 0) if is_root else (own, None, 0)
        scattered = (everything, here, 0) if is_root else (None, own, 0)
        routines = {
            "broadcast": (world.Bcast, world.Ibcast, (whole, 0)),
            "reduce": (world.Reduce, world.Ireduce, to_root),
            "allreduce": (world.Allreduce, world.Iallreduce, (here, numbers, MPI.SUM)),
            "gather": (world.Gather, world.Igather, gathered),
            "allgather": (world.Allgather, world.Iallgather, (here, everything)),
            "scatter": (world.Scatter, world.Iscatter, scattered),
            "scan": (world.Scan, world.Iscan, (here, numbers, MPI.SUM)),
            "exclusive scan": (world.Exscan, world.Iexscan, (here, numbers, MPI.SUM)),
        }
        for name, (blocking, nonblocking, arguments) in routines.items():
            measure("blocking", name, size, lambda call=blocking, given=arguments: call(*given))
            measure("deadline", name, size, lambda call=nonblocking, given=arguments: wait_for(call(*given)))


main()
