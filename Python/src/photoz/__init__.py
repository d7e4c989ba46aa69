"""A survey's own files to photometric redshifts and back.

    import photoz
    photoz.partitions("catalogue.fits", "frames/frame-{band}-{tile}.fits.fz", output="survey",
                      weights="weights.h5")
    photoz.calibrate("weights.h5", "labelled", "calibration.hdf5", ranks=4)
    photoz.run("weights.h5", "survey", output="results", calibration="calibration.hdf5", ranks=4)
    photoz.export("results", "redshifts.fits", join="catalogue.fits")

Names are loaded when they are first used, so that `import photoz` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from photoz.ensembles import Distributions as Distributions
    from photoz.ensembles import distributions as distributions
    from photoz.ensembles import ensemble as ensemble
    from photoz.errors import PhotozError as PhotozError
    from photoz.exporting import export as export
    from photoz.intake import partitions as partitions
    from photoz.predictor import Predictor as Predictor
    from photoz.predictor import predict as predict
    from photoz.program import calibrate as calibrate
    from photoz.program import find_program as find_program
    from photoz.program import inspect as inspect
    from photoz.program import report as report
    from photoz.program import run as run
    from photoz.results import read as read

_HOMES = {
    "Distributions": "photoz.ensembles",
    "PhotozError": "photoz.errors",
    "calibrate": "photoz.program",
    "distributions": "photoz.ensembles",
    "export": "photoz.exporting",
    "partitions": "photoz.intake",
    "Predictor": "photoz.predictor",
    "predict": "photoz.predictor",
    "find_program": "photoz.program",
    "inspect": "photoz.program",
    "report": "photoz.program",
    "run": "photoz.program",
    "ensemble": "photoz.ensembles",
    "read": "photoz.results",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'photoz' has no attribute {name!r}")

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
