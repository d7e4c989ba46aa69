"""photoz as a stage of RAIL: a `CatEstimator` whose catalogue is RAIL's and whose images are partitions.

    PhotozEstimator.make_stage(name="photoz", weights="weights.h5", images="survey").estimate(table)

Needs the extra `[rail]`.
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import qp
from ceci.config import StageParameter as Param
from rail.core.data import TableHandle
from rail.estimation.estimator import CatEstimator

from photoz.ensembles import Distributions
from photoz.errors import Code, PhotozError, some
from photoz.intake import partitions
from photoz.intake.joined import match
from photoz.program import run
from photoz.tables.catalogue import Array, plain

_ADVICE = "relative width of the Gaussian that stands for a distribution where there is no calibration; not measured"
_OURS = ("object_id", "id")  # of the partitions: the table's are handed on


class PhotozEstimator(CatEstimator):
    """Redshifts of a table's galaxies, from images and magnitudes, by the program photoz.

    The first process of the stage starts the program, with as many ranks as the stage has processes; each process then
    hands on its chunks. `ancil` has `z_phot` (the network's redshift), `flags`, `id` and, when it is known, `redshift`.

    With a `calibration` distributions are those of `pz.hdf5`, with `zmode`, `zmean`, `zmedian`, `z_std` and quantiles.
    Without one each is a Gaussian of `width` (1 + z), and `zmode` is the network's redshift.
    """

    name = "PhotozEstimator"
    entrypoint_function = "estimate"
    interactive_function = "photoz_estimator"
    config_options = CatEstimator.config_options.copy()
    config_options.update(
        weights=Param(str, required=True, msg="the network's weights file"),
        images=Param(str, required=True, msg="a folder of partitions, or a pattern of frames or cutouts to make some"),
        results=Param(str, "", msg="a folder that keeps the results of the run; a temporary one unless given"),
        ranks=Param(int, 0, msg="ranks of the program; as many as this stage has processes unless given"),
        launcher=Param(str, "mpirun", msg="how ranks are started"),
        partition_options=Param(dict, {}, msg="of photoz.partitions, such as flux_unit and columns"),
        calibration=Param(str, "", msg="what photoz calibrate has made for the weights; Gaussians unless given"),
        pdf=Param(str, "quant", msg="form of the calibrated distributions: quant, interp or hist"),
        grid=Param(str, "", msg="grid of interp and hist, such as 0:2:301"),
        run_options=Param(dict, {}, msg="of photoz run, such as precision"),
        width=Param(float, 0.02, msg=_ADVICE),
    )
    inputs = [("input", TableHandle)]  # noqa: RUF012 (as RAIL has it)

    def __init__(self, args: Any, **kwargs: Any) -> None:
        super().__init__(args, **kwargs)
        self._ids: Array = np.empty(0, "i8")
        self._redshifts: Array = np.empty(0)
        self._flags: Array = np.empty(0, "u4")
        self._distributions: Distributions | None = None

    def open_model(self, **kwargs: Any) -> None:
        """Predicts all galaxies, and reads the predictions: weights are not of RAIL's models."""
        keeps = bool(self.config.results)
        folder = Path(self.config.results or self._everywhere(lambda: tempfile.mkdtemp(prefix="photoz-rail-")))
        try:
            self._everywhere(lambda: self._predict(folder))
            with h5py.File(folder / "run/predictions.h5") as file:
                if "object_id" not in file:
                    raise PhotozError(f"{self.config.images}: the partitions have no object_id to match the table by")
                self._ids = plain(file["object_id"][:])
                self._redshifts, self._flags = file["redshift_predicted"][:].astype("f8"), file["flags"][:]
            # They stay mapped when their folder goes.
            self._distributions = Distributions.open(folder / "run") if self.config.calibration else None
        finally:
            # Others may still read.
            self._everywhere(lambda: None if keeps else shutil.rmtree(folder, ignore_errors=True))

    def _everywhere(self, work: Callable[[], Any]) -> Any:
        """Does it in the first process; all have the result, or the error."""
        done: Any = None
        if self.rank == 0:
            try:
                done = work()
            except Exception as error:
                done = error
        if self.comm is not None:
            self.comm.barrier()
            done = self.comm.bcast(done, root=0)
        if isinstance(done, Exception):
            raise done
        return done

    def _predict(self, folder: Path) -> None:
        data = Path(self.config.images)
        if not data.is_dir():
            data = folder / "partitions"
            self._make_partitions(data)
        options: dict[str, Any] = {"resume": True} if self.config.results else {}
        if self.config.calibration:
            options |= {"calibration": self.config.calibration, "pdf": self.config.pdf}
            options |= {"grid": self.config.grid} if self.config.grid else {}
        done = run(
            self.config.weights,
            data,
            folder / "run",
            ranks=self.config.ranks or self.size,
            launcher=self.config.launcher.split(),
            progress=False,
            **(options | dict(self.config.run_options)),
        )
        said = done.summary["provenance"]
        # RAIL writes the configuration beside the output: it says which network it was.
        self.config["weights_sha256"] = said["weights_sha256"]
        self.config["photoz_version"] = said["version"]
        self.log.info(f"photoz {said['version']}: {said['command_line']}")

    def _make_partitions(self, folder: Path) -> None:
        handle = self.get_handle("input")
        group = self.config.hdf5_groupname or None
        if handle.has_path and handle.path and Path(handle.path).is_file():
            source, table = handle.path, group
        else:
            data = handle.data
            source, table = data[group] if group and group in data else data, None
        options: dict[str, Any] = {"columns": {}} | dict(self.config.partition_options)
        if not isinstance(options["columns"], str):
            options["columns"] = {"id": self.config.id_col} | dict(options["columns"])
        partitions(
            source, self.config.images, folder, weights=self.config.weights, table=table, progress=False, **options
        )

    def _process_chunk(self, start: int, end: int, data: Any, first: bool) -> None:
        if self.config.id_col not in data:
            raise PhotozError(f"the table has no column {self.config.id_col} (id_col)", Code.DATA)
        wanted = plain(np.asarray(data[self.config.id_col]))
        rows = match(wanted, self._ids, self.config.images)
        if (rows < 0).any():
            lost = wanted[rows < 0]
            raise PhotozError(
                f"{len(lost)} galaxies of rows {start} to {end} are not among the partitions of "
                f"{self.config.images}: {some(list(lost[:6]))}"
            )
        found = self._gaussians(rows) if self._distributions is None else self._calibrated(self._distributions, rows)
        found.add_to_ancil({"z_phot": self._redshifts[rows][:, None], "flags": self._flags[rows]})
        self._do_chunk_output(found, start, end, first, data=data)

    def _calibrated(self, all_of_them: Distributions, rows: Array) -> qp.Ensemble:
        found = all_of_them.take(rows)
        for name in _OURS:
            found.ancil.pop(name, None)
        return found.ensemble()

    def _gaussians(self, rows: Array) -> qp.Ensemble:
        redshifts = self._redshifts[rows]
        # One that could not be predicted stays NaN in ancil; its distribution is as wide as the grid.
        known = np.isfinite(redshifts)
        middle, reach = (self.config.zmin + self.config.zmax) / 2, self.config.zmax - self.config.zmin
        loc = np.where(known, redshifts, middle)[:, None]
        scale = np.where(known, self.config.width * (1 + redshifts), reach)[:, None]
        found = qp.Ensemble(qp.stats.norm, data={"loc": loc, "scale": scale})
        found.set_ancil({"zmode": redshifts[:, None]})
        return found

    def validate(self) -> None:
        """The table needs the column of ids alone: magnitudes are in the partitions."""
        self.stage_columns = [self.config.id_col]
