"""Processes that train together: those of torchrun, or the ranks of mpirun."""

import os
from typing import Any

import torch
import torch.distributed as dist
from torch import nn

from photoz.errors import Code, PhotozError

# Of torchrun, Open MPI, MPICH and Slurm: rank, processes, rank and processes on the host.
_LAUNCHERS = (
    ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"),
    ("PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"),
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", "SLURM_STEP_TASKS_PER_NODE"),
)


class World:
    """All processes of a training; one alone when no launcher has started it.

    Attributes:
        rank, size: Which of how many processes this is.
        local: Which of those on its host.
        here: How many are on its host.
    """

    def __init__(self, device: str) -> None:
        self.rank, self.size, self.local, self.here = _place()
        self.device = _device(device, self.local)
        if self.size > 1:
            self._join()

    def _join(self) -> None:
        if not ("MASTER_ADDR" in os.environ and "MASTER_PORT" in os.environ):
            if self.here != self.size:
                raise PhotozError(
                    "ranks on several hosts need MASTER_ADDR and MASTER_PORT in the environment: the host of rank 0 "
                    "and a free port of it (mpirun -x MASTER_ADDR=node1 -x MASTER_PORT=29500), or torchrun",
                    Code.USAGE,
                )
            # The launcher is the parent of all ranks of a host: a port that they agree on and other jobs do not use.
            os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(20_000 + os.getppid() % 12_000)}
        backend = "nccl" if self.device.type == "cuda" else "gloo"
        dist.init_process_group(backend, rank=self.rank, world_size=self.size)

    @property
    def is_first(self) -> bool:
        """Whether this is the process that plans, reports and writes."""
        return self.rank == 0

    @property
    def launcher(self) -> list[str]:
        """What starts as many processes of a Python module again."""
        if self.size == 1:
            return ["python"]
        if "TORCHELASTIC_RUN_ID" in os.environ:
            hosts = self.size // max(self.here, 1)
            return ["torchrun", *(["--nnodes", str(hosts)] if hosts > 1 else []), "--nproc-per-node", str(self.here)]
        return ["mpirun", "-np", str(self.size), "python"]

    def shared(self, module: nn.Module) -> nn.Module:
        """A module whose gradients are the mean over all processes."""
        if self.size == 1:
            return module
        devices = [self.device] if self.device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(module, device_ids=devices)

    def mean(self, *values: float) -> list[float]:
        """The mean of numbers over all processes, the same on each."""
        if self.size == 1:
            return list(values)
        together = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(together)
        return [value / self.size for value in together.tolist()]

    def gathered(self, value: Any) -> list[Any]:
        """What each process has, in their order, on each of them."""
        if self.size == 1:
            return [value]
        found: list[Any] = [None] * self.size
        dist.all_gather_object(found, value)
        return found

    def agreed(self, value: Any) -> Any:
        """What the first process has; its error, when that is what it has.

        Raises:
            PhotozError: In every process, when the first has one.
        """
        if self.size > 1:
            held = [value]
            dist.broadcast_object_list(held, src=0)
            value = held[0]
        if isinstance(value, PhotozError):
            raise self.once(value)
        return value

    def once(self, error: PhotozError) -> PhotozError:
        """An error that all processes have, with words in the first alone: users shall read it once."""
        return error if self.is_first else PhotozError("", error.code)

    def raise_any(self, error: PhotozError | None) -> None:
        """Raises the first error that any process has, in all of them."""
        for found in self.gathered(error):
            if found is not None:
                raise self.once(found)

    def leave(self) -> None:
        """Ends what was joined."""
        if self.size > 1 and dist.is_initialized():
            dist.destroy_process_group()


def _place() -> tuple[int, int, int, int]:
    for rank, size, local, here in _LAUNCHERS:
        if int(os.environ.get(size) or 1) > 1:
            many = int(os.environ[size])
            return int(os.environ[rank]), many, int(os.environ.get(local) or 0), _count(os.environ.get(here), many)
    return 0, 1, 0, 1


def _count(told: str | None, otherwise: int) -> int:
    """`4` or, as Slurm says it for several hosts, `4(x2)`."""
    return int(told.split("(")[0]) if told else otherwise


def _device(wanted: str, local: int) -> torch.device:
    if wanted == "cuda" and not torch.cuda.is_available():
        raise PhotozError("--device cuda: PyTorch finds no GPU here", Code.USAGE)
    if wanted == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    device = torch.device("cuda", local % torch.cuda.device_count())
    torch.cuda.set_device(device)
    return device
