"""Work that is dealt to processes, or to the ranks of mpirun: the same calls for both."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from typing import Any, TypeVar

from tqdm.auto import tqdm

from photoz.errors import Code, PhotozError

Item = TypeVar("Item")
Result = TypeVar("Result")
# Set by the launchers of Open MPI, MPICH and Slurm for each of their processes.
_SIZES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_SIZE", "SLURM_STEP_NUM_TASKS")


class Workers:
    """This process alone, a pool of processes, or a world of ranks.

    Attributes:
        count: How many work.
        is_first: Whether this process is the one that plans, reports and renames.
    """

    def __init__(self, processes: int, progress: bool) -> None:
        self._world = _world()
        self._progress = progress
        self._pool: ProcessPoolExecutor | None = None
        self.is_first = self._world is None or self._world.Get_rank() == 0
        self.count = processes if self._world is None else int(self._world.Get_size())

    def once(self, work: Callable[[], Result]) -> Result:
        """Does it in the first process, and gives everyone the result or the error."""
        if self._world is None:
            return work()
        result: Any = None
        if self.is_first:
            result = _attempt(work)
        found: Result = _result(self._world.bcast(result, root=0))
        return found

    def map(
        self, work: Callable[[Item], Result], items: Sequence[Item], weights: Sequence[int], label: str
    ) -> list[Result]:
        """Does it for each item, on whoever is free; results are in the order of the items.

        Args:
            work: A function that can be sent to other processes.
            items: What it is done for.
            weights: How much each item adds to the bar.
            label: What the bar is called.

        Raises:
            PhotozError: The first error of any process, in every process.
        """
        with tqdm(
            total=sum(weights),
            desc=label,
            unit=" galaxies",
            disable=None if self._progress and self.is_first else True,
        ) as bar:
            if self._world is not None:
                return self._over_ranks(work, items, weights, bar)
            if self.count == 1 or len(items) < 2:
                return [_counted(work(item), weight, bar) for item, weight in zip(items, weights, strict=True)]
            return self._over_processes(work, items, weights, bar)

    def _over_ranks(
        self, work: Callable[[Item], Result], items: Sequence[Item], weights: Sequence[int], bar: Any
    ) -> list[Result]:
        rank, size = self._world.Get_rank(), self.count
        mine: list[Any] = []
        for place in range(rank, len(items), size):
            done = _attempt(lambda item=items[place]: work(item))  # type: ignore[misc]
            mine.append((place, done))
            bar.update(weights[place])
            if isinstance(done, BaseException):
                break
        found = dict(pair for part in self._world.allgather(mine) for pair in part)
        # An error first: it is the reason why results are missing.
        for done in found.values():
            _result(done)
        return [found[place] for place in range(len(items))]

    def _over_processes(
        self, work: Callable[[Item], Result], items: Sequence[Item], weights: Sequence[int], bar: Any
    ) -> list[Result]:
        if self._pool is None:
            # Not forked: HDF5 and the threads of pyarrow would not survive it.
            self._pool = ProcessPoolExecutor(self.count, multiprocessing.get_context("spawn"))
        futures = {self._pool.submit(work, item): place for place, item in enumerate(items)}
        found: dict[int, Result] = {}
        try:
            for future in as_completed(futures):
                place = futures[future]
                found[place] = _counted(future.result(), weights[place], bar)
        except BaseException:
            for future in futures:
                future.cancel()
            raise
        return [found[place] for place in range(len(items))]

    def close(self) -> None:
        """Ends the processes of the pool, after what they are at."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


@contextmanager
def workers(processes: int, progress: bool) -> Iterator[Workers]:
    """Workers that are gone when all is done."""
    crew = Workers(processes, progress)
    try:
        yield crew
    finally:
        crew.close()


def _counted(result: Result, weight: int, bar: Any) -> Result:
    bar.update(weight)
    return result


def _attempt(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception as error:
        return error


def _result(done: Any) -> Any:
    if isinstance(done, BaseException):
        raise done
    return done


def _world() -> Any:
    """The ranks of a launcher, None without one."""
    if not any(int(os.environ.get(name) or 1) > 1 for name in _SIZES):
        return None
    try:
        from mpi4py import MPI
    except ImportError as error:
        raise PhotozError("mpirun needs mpi4py: pip install 'photoz[mpi]', or use --processes", Code.USAGE) from error
    if MPI.COMM_WORLD.Get_size() == 1:
        raise PhotozError("mpirun has started several processes that mpi4py's MPI does not know of", Code.USAGE)
    return MPI.COMM_WORLD
