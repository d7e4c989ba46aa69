"""Galaxies in another order each epoch, from partitions larger than memory.

Blocks of rows that lie together in a file are drawn in random order; a window of some thousand galaxies is read, and
its galaxies are drawn in random order. The order is a function of seed and epoch alone, so that training can go on at
any batch, and every galaxy comes once an epoch, whatever the number of processes.
"""

from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from photoz.training.data.partitions import Array, OpenFiles, Survey

_WINDOW = 4096
_WINDOW_BYTES = 128 << 20


class Stream:
    """The images of some galaxies of a survey, by batches.

    Args:
        survey: The partitions.
        partition: [N], the partition of each galaxy, ascending.
        row: [N], its row there, ascending within a partition.
        seed: Of the order.
        batch: Galaxies of a step of all processes together.
        rank, world: Which of how many processes this is.
    """

    def __init__(
        self, survey: Survey, partition: Array, row: Array, *, seed: int, batch: int, rank: int = 0, world: int = 1
    ) -> None:
        self._survey, self._partition, self._row = survey, partition, row
        self._seed, self._rank, self._world = seed, rank, world
        self._pieces = pieces(survey, partition, row)
        own = len(row) // world
        self.steps = max(1, round(own / max(1, batch // world)))
        """Batches of an epoch, the same number on every process."""
        self._files = OpenFiles(survey)
        image = 4 * survey.bands * survey.size**2
        self._window = int(np.clip(_WINDOW_BYTES // image, 256, _WINDOW))
        self._epoch = -1
        self._order: Array = np.empty(0, "i8")
        self._cache: dict[int, tuple[Array, Array]] = {}
        self._ahead: dict[int, Future[tuple[Array, Array]]] = {}
        self._reader = ThreadPoolExecutor(1)

    def order(self, epoch: int) -> Array:
        """The galaxies of this process in the order of an epoch, indices into the rows given."""
        chance = np.random.default_rng([self._seed, 1, epoch])
        drawn = chance.permutation(len(self._pieces))
        flat = np.concatenate([np.arange(*self._pieces[piece]) for piece in drawn])
        own = np.array_split(flat, self._world)[self._rank]
        within = np.random.default_rng([self._seed, 2, epoch, self._rank])
        windows = [own[at : at + self._window] for at in range(0, len(own), self._window)]
        return np.concatenate([within.permutation(window) for window in windows])

    def batch(self, step: int) -> tuple[Array, Array]:
        """The batch of a step, counted from the start of the training.

        Returns:
            Indices [B] of the galaxies, and their images [B, bands, size, size] in float32.
        """
        epoch, number = divmod(step, self.steps)
        if epoch != self._epoch:
            self._forget()
            self._epoch, self._order = epoch, self.order(epoch)
        bounds = np.linspace(0, len(self._order), self.steps + 1).round().astype(int)
        start, stop = int(bounds[number]), int(bounds[number + 1])
        chosen = self._order[start:stop]
        images = np.empty((len(chosen), self._survey.bands, self._survey.size, self._survey.size), "f4")
        for window in range(start // self._window, (stop - 1) // self._window + 1):
            known, pixels = self._read_window(window)
            low, high = window * self._window, (window + 1) * self._window
            here = slice(max(start, low) - start, min(stop, high) - start)
            images[here] = pixels[np.searchsorted(known, chosen[here])]
        return chosen, images

    def _read_window(self, number: int) -> tuple[Array, Array]:
        """The galaxies of a window in ascending order, and their images; the next window is read meanwhile."""
        if number not in self._cache:
            ahead = self._ahead.pop(number, None)
            found = self._load(number) if ahead is None else ahead.result()
            self._cache = {old: kept for old, kept in self._cache.items() if old == number - 1}
            self._cache[number] = found
            if (number + 1) * self._window < len(self._order):
                self._ahead[number + 1] = self._reader.submit(self._load, number + 1)
        return self._cache[number]

    def _load(self, number: int) -> tuple[Array, Array]:
        chosen = np.sort(self._order[number * self._window : (number + 1) * self._window])
        return chosen, read_images(self._survey, self._files, self._partition[chosen], self._row[chosen])

    def _forget(self) -> None:
        for future in self._ahead.values():
            future.result()
        self._ahead.clear()
        self._cache.clear()

    def close(self) -> None:
        """Ends reading."""
        self._reader.shutdown(cancel_futures=True)
        self._files.close()


def pieces(survey: Survey, partition: Array, row: Array) -> list[tuple[int, int]]:
    """Stretches of galaxies whose rows lie in one block of a file: where each begins and ends."""
    blocks = np.array([each.block for each in survey.partitions])[partition]
    piece = np.stack([partition, row // blocks])
    starts = np.flatnonzero(np.r_[True, (piece[:, 1:] != piece[:, :-1]).any(axis=0)])
    return list(zip(starts, np.r_[starts[1:], len(row)], strict=True))


def read_images(survey: Survey, files: OpenFiles, partition: Array, row: Array) -> Array:
    """Images [N, bands, size, size] of galaxies in the order of the partitions, blocks that lie together at once."""
    images = np.empty((len(row), survey.bands, survey.size, survey.size), "f4")
    if not len(row):
        return images
    for start, stop in pieces(survey, partition, row):
        low, high = int(row[start]), int(row[stop - 1]) + 1
        read = survey.images(files[int(partition[start])], slice(low, high))
        images[start:stop] = read[row[start:stop] - low]
    return images
