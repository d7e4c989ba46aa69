"""Out: the redshift distributions of a run, as arrays and as an ensemble of qp."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from photoz.errors import Code, PhotozError, from_os
from photoz.tables.catalogue import Array
from photoz.texts import text_of

if TYPE_CHECKING:
    from qp import Ensemble

PathLike = str | os.PathLike[str]
NAME = "pz.hdf5"
# What qp calls the places that all galaxies share, and what each galaxy has of its own.
_FORMS = {"quant": ("quants", "locs"), "interp": ("xvals", "yvals"), "hist": ("bins", "pdfs")}


@dataclass(frozen=True)
class Distributions:
    """Redshift distributions of N galaxies, in the order of the predictions.

    Attributes:
        path: The file, of qp's layout.
        form: `quant`, `interp` or `hist`.
        places: [n] of all galaxies: probabilities of `quant`, redshifts of `interp`; [n + 1] edges of the bins of
            `hist`.
        values: [N, n]: the redshifts below which a galaxy lies with these probabilities, between which its
            distribution rises evenly; or densities at these redshifts, or in these bins.
        ancil: What else is known of each galaxy: `zmode`, `zmean`, `zmedian`, `z_std`, `flags`, ... [N] or [N, 1].
        meta: What qp reads the values by.
    """

    path: Path
    form: str
    places: Array
    values: Array
    ancil: dict[str, Array]
    meta: dict[str, Array]

    @classmethod
    def open(cls, folder: PathLike) -> "Distributions":
        """Those of a run. Numbers are read from the file when they are looked at, and need not fit into memory.

        Args:
            folder: Of the results, or the file itself.

        Raises:
            PhotozError: 66 when the run has none, 65 for a file that holds something else.
        """
        path = _found(folder)
        try:
            with h5py.File(path) as file:
                if not all(isinstance(file.get(name), h5py.Group) for name in ("meta", "data")):
                    raise PhotozError(f"{path} holds no distributions: groups meta and data are missing")
                meta = {name: item[()] for name, item in file["meta"].items()}
                form = text_of(np.ravel(meta.get("pdf_name", b""))[0])
                if form not in _FORMS:
                    known = ", ".join(_FORMS)
                    raise PhotozError(f"{path} holds distributions of the form {form!r}; {known} are read")
                shared, own = _FORMS[form]
                if shared not in meta or own not in file["data"]:
                    raise PhotozError(f"{path} holds no meta/{shared} or no data/{own}, which {form} needs")
                values = _mapped(path, file["data"][own])
                ancil = {name: _mapped(path, item) for name, item in file.get("ancil", {}).items()}
        except OSError as error:
            raise from_os(error, str(path)) from error
        return cls(path, form, np.ravel(meta[shared]), values, ancil, meta)

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: Array) -> "Distributions":
        """Those of some galaxies, in memory."""
        ancil = {name: values[rows] for name, values in self.ancil.items()}
        return replace(self, values=self.values[rows], ancil=ancil)

    def ensemble(self) -> "Ensemble":
        """The same for qp.

        Raises:
            PhotozError: 64, when qp is not installed.
        """
        try:
            import qp
        except ImportError as error:
            raise PhotozError("an ensemble needs qp: pip install 'photoz[rail]'", Code.USAGE) from error
        own = _FORMS[self.form][1]
        # qp adds to them.
        ancil = {name: np.array(values) for name, values in self.ancil.items()}
        return qp.from_tables({"meta": self.meta, "data": {own: np.array(self.values)}, "ancil": ancil})


def distributions(folder: PathLike) -> Distributions:
    """The redshift distributions of a run with `calibration`, as arrays; see `Distributions`.

    Raises:
        PhotozError: 66 when the run has none.
    """
    return Distributions.open(folder)


def ensemble(folder: PathLike) -> "Ensemble":
    """The redshift distributions of a run with `calibration`, as qp reads them.

    Raises:
        PhotozError: 66 when the run has none, 64 when qp is not installed.
    """
    return Distributions.open(folder).ensemble()


def _found(folder: PathLike) -> Path:
    path = Path(folder)
    if path.is_file():
        return path
    if (path / NAME).is_file():
        return path / NAME
    what = f"holds no {NAME}: give the run a calibration" if path.is_dir() else "does not exist"
    raise PhotozError(f"{path} {what}", Code.MISSING_INPUT)


def _mapped(path: Path, item: h5py.Dataset) -> Array:
    """A data set as it lies in the file; one that lies in pieces, or not at all, is read."""
    place: Any = item.id.get_offset()
    if place is None or item.size == 0 or item.dtype.hasobject:
        return np.asarray(item[()])
    return np.memmap(path, item.dtype, "r", place, item.shape)
