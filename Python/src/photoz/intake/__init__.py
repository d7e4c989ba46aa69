"""In: a survey's own catalogue and images to partitions, which `photoz run` reads."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from photoz.errors import Code, PhotozError
from photoz.intake import arrayfiles, arrays, cutouts, frames, policies, tiles, writer
from photoz.intake.galaxies import Galaxies, read_galaxies
from photoz.intake.options import Options
from photoz.intake.options import options as make_options
from photoz.parallel import Workers, workers
from photoz.tables.catalogue import Array, open_catalogue, split_member
from photoz.texts import natural

PathLike = str | os.PathLike[str]
__all__ = ["Made", "Options", "partitions"]


@dataclass(frozen=True)
class Made:
    """What `partitions` has made.

    Attributes:
        folder: The partitions, `1.h5` and on.
        galaxies: How many are in them.
        files: Names of the partitions.
        flags: How many galaxies have which flag of `cutout_flags`.
        notes: What was odd, a sentence each.
    """

    folder: Path
    galaxies: int
    files: tuple[str, ...]
    flags: dict[str, int]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        odd = ", ".join(f"{count} {name}" for name, count in self.flags.items() if count)
        lines = [f"{self.galaxies} galaxies in {len(self.files)} partitions: {self.folder}"]
        return "\n".join([*lines, *self.notes, *([f"flagged: {odd}"] if odd else [])])


def partitions(
    catalogue: Any,
    images: PathLike | None = None,
    output: PathLike = "",
    *,
    weights: PathLike | None = None,
    survey: str | None = None,
    says: Callable[[str], None] | None = None,
    **given: Any,
) -> Made:
    """Makes partitions of a catalogue and its images.

    Args:
        catalogue: A file that astropy or pyarrow reads, a table in memory, or a file that holds images and labels.
        images: A pattern of files. With a column in braces (`cutouts/{ID}_{band}.fits`) there is a cutout for each
            galaxy; else they are images with a WCS (`frames/frame-{band}-{tile}.fits.fz`, also `*`) that stamps are
            cut from at the galaxies' positions; or an array (`cube.npy`) with the catalogue's rows. None when the
            catalogue's file has them.
        output: The folder of the partitions, which must not hold any yet.
        weights: The network, whose bands, softening, pixel scale and size of images hold unless given.
        survey: `galaxiesml` or `multimodaluniverse`, whose names of columns hold unless given.
        says: Told which columns were taken.
        given: Attributes of `photoz.intake.Options`.

    Raises:
        PhotozError: Nothing is written then; `code` is what the command ends with.
    """
    if not os.fspath(output):
        raise PhotozError("say which folder receives the partitions: output", Code.USAGE)
    options = make_options(weights, **given)
    pattern = None if images is None else os.fspath(images)
    with workers(options.processes, options.progress) as crew:
        job = _Job(catalogue, pattern, Path(output), options, crew, says or (lambda text: None))
        return job.run(survey)


class _Job:
    """One call of `partitions`, in each of its processes."""

    def __init__(
        self,
        catalogue: Any,
        pattern: str | None,
        output: Path,
        options: Options,
        crew: Workers,
        says: Callable[[str], None],
    ) -> None:
        self._catalogue = catalogue
        self._pattern = pattern
        self._output = Path(os.path.abspath(output))
        self._options = options
        self._crew = crew
        self._says = says if crew.is_first else lambda text: None

    def run(self, survey: str | None) -> Made:
        # Before anything takes long: the output must be free.
        self._crew.once(lambda: writer.refuse_taken(self._output, self._options.overwrite))
        with ExitStack() as stack:
            folder = self._crew.once(
                lambda: stack.enter_context(writer.in_progress(self._output, self._options.overwrite))
            )
            made = self._make(folder, survey)
            # The first process gives the folder its name when the stack unwinds; the others learn whether it could.
            self._crew.once(stack.close)
        return made

    def _make(self, folder: Path, survey: str | None) -> Made:
        pattern = self._pattern
        source = self._catalogue if pattern is None else pattern
        if (
            isinstance(source, str | os.PathLike)
            and arrayfiles.is_array_file(os.fspath(source))
            and not self._is_scene(pattern)
        ):
            names, flags, notes = self._crew.once(lambda: self._of_arrays(folder, os.fspath(source), survey))
        elif pattern is None:
            raise PhotozError("say where the images are: a pattern of files, such as frames/{band}-*.fits", Code.USAGE)
        elif cutouts.fields_of(pattern) and self._has_fields(cutouts.fields_of(pattern)):
            names, flags, notes = self._of_cutouts(folder, pattern)
        else:
            names, flags, notes = self._of_frames(folder, pattern)
        counts = {}
        for bit, text in writer.FLAGS.items():
            counts[text.partition(":")[0]] = int(np.count_nonzero(flags & bit))
        return Made(self._output, len(flags), tuple(names), counts, tuple(notes))

    def _is_scene(self, pattern: str | None) -> bool:
        """Whether positions in pixels are given: then an array is one image, not one for each galaxy."""
        return pattern is not None and "x" in self._options.columns

    def _has_fields(self, names: list[str]) -> bool:
        """Whether what stands in braces are columns; else they tell tiles apart."""
        known = open_catalogue(self._catalogue, self._options.table).names
        also = open_catalogue(self._options.join).names if self._options.join is not None else []
        found = [name for name in names if name in known or name in also]
        return len(found) == len(names)

    def _galaxies(self, positions: tuple[str, str] | None, fields: list[str]) -> Galaxies:
        catalogue = open_catalogue(self._catalogue, self._options.table)
        return read_galaxies(catalogue, self._options, positions=positions, placeholders=fields, says=self._says)

    def _attributes(self, **more: str) -> dict[str, str]:
        source = self._catalogue
        name = os.fspath(source) if isinstance(source, str | os.PathLike) else "a table in memory"
        return writer.provenance(self._options, {"source_catalogue": name, **more})

    def _of_cutouts(self, folder: Path, pattern: str) -> tuple[list[str], Array, list[str]]:
        def choose() -> tuple[Galaxies, list[str]]:
            found = self._galaxies(None, cutouts.fields_of(pattern))
            return cutouts.choose(pattern, found, self._options)

        galaxies, notes = self._crew.once(choose)
        attributes = self._attributes(source_images=pattern)
        parts = list(cutouts.parts(folder, pattern, galaxies, self._options, attributes))
        flags = self._crew.map(cutouts.make, parts, [len(part.galaxies) for part in parts], "cutouts")
        return [part.path.name for part in parts], np.concatenate(flags), notes

    def _of_frames(self, folder: Path, pattern: str) -> tuple[list[str], Array, list[str]]:
        options = self._options
        in_pixels = "x" in options.columns or "y" in options.columns
        roles = ("x", "y") if in_pixels else ("ra", "dec")
        galaxies = self._crew.once(lambda: self._galaxies(roles, []))
        assert galaxies.position is not None
        found = tiles.describe_all(pattern, not in_pixels, options, self._crew)
        if in_pixels:
            placed = tiles.place_pixels(found, galaxies.position)
        else:
            placed = tiles.place(found, galaxies.position, options, self._crew)
        placed, notes = policies.choose(found, placed, len(galaxies), options)
        scale = options.pixel_scale or next((s for tile in found for s in tile.scales.values()), None)
        attributes = self._attributes(source_images=pattern)
        base = frames.TileRun(folder, 1, [], galaxies.take(slice(0)), options, attributes, scale)
        runs = frames.plan(found, placed, galaxies, base, self._crew.count)
        made = self._crew.map(frames.cut_run, runs, [len(run.galaxies) for run in runs], "tiles")
        files = sorted((name for each in made for name in each.files), key=natural)
        return files, np.concatenate([each.flags for each in made]), notes

    def _of_arrays(self, folder: Path, path: str, survey: str | None) -> tuple[list[str], Array, list[str]]:
        options = arrays.survey_options(self._options, path, survey)
        names: list[str] = []
        flags: list[Array] = []
        member = split_member(path)[1]
        files = [path] if member is not None else arrayfiles.list_files(path)
        if not files:
            raise PhotozError(f"{path} does not exist", Code.MISSING_INPUT)
        if self._pattern is not None and len(files) > 1:
            raise PhotozError("one catalogue goes with one array file", Code.USAGE)
        for file in files:
            images = arrayfiles.find(file, options)
            labels: Any = self._catalogue
            if self._pattern is None:
                labels = arrayfiles.catalogue_of(images.path, images.shape[0])
            catalogue = open_catalogue(labels, options.table)
            galaxies = read_galaxies(catalogue, options, positions=None, says=self._says)
            attributes = writer.provenance(options, {"source_catalogue": catalogue.label})
            more, odd = arrays.make(images, galaxies, options, folder, len(names) + 1, attributes)
            names += more
            flags.append(odd)
        return names, np.concatenate(flags), []
