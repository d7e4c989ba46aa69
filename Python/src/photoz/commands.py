"""The commands, their options, and the exit codes that they share with the program."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from photoz import __version__
from photoz.errors import Code, PhotozError, from_os

_PARTITIONS = """Makes partitions of a survey's own files.

  catalogue and cutouts:   python -m photoz partitions cat.fits --images 'cutouts/{ID}_{band}.fits' --output survey
  catalogue and frames:    python -m photoz partitions cat.parquet --images 'frame-{band}-*.fits.fz' --output survey
  arrays with labels:      python -m photoz partitions cube.npz --flux-unit nanomaggies --output survey

Under `mpirun -np N` the ranks share the work. Nothing stands under the output's name before all is whole.
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise PhotozError(f"{message}; see python -m photoz --help", Code.USAGE)


def parser() -> argparse.ArgumentParser:
    """All commands."""
    top = _Parser(prog="python -m photoz", description="In and out of photoz: partitions, catalogues, weights.")
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(dest="command", required=True, parser_class=_Parser)
    _add_partitions(commands)
    _add_export(commands)
    _add_training(commands)
    return top


def _add_partitions(commands: Any) -> None:
    raw = argparse.RawDescriptionHelpFormatter
    made = commands.add_parser("partitions", description=_PARTITIONS, formatter_class=raw, help="make partitions")
    made.add_argument("catalogue", help="FITS, Parquet, CSV, ECSV, VOTable, HDF5; or a file of images and labels")
    add = made.add_argument_group("where things are").add_argument
    add(
        "--images",
        metavar="PATTERN",
        help="cutouts (a column in braces), frames with WCS ({band}, *), or an array",
    )
    add("--output", required=True, metavar="FOLDER", help="receives the partitions")
    add(
        "--weights",
        metavar="FILE",
        help="the network: its bands, softening, pixel scale and size of images hold",
    )
    add("--survey", metavar="NAME", help="galaxiesml or multimodaluniverse: names of their columns")
    add("--table", metavar="NAME", help="extension, group or table of the catalogue's file")
    add("--extension", metavar="NAME", help="extension of the images' files: a number or a name")
    add("--array", metavar="NAME", help="the array of images in an array file")
    add("--layout", metavar="L", help="axes of an array: nchw or nhwc")
    add("--join", metavar="FILE", help="a second catalogue, whose columns are added by id")
    add("--join-on", metavar="COLUMN", help="the column of ids in both, or FIRST=SECOND")
    add = made.add_argument_group("what they mean").add_argument
    add("--bands", metavar="B", help="bands of the partitions: ugriz or u,g,r,i,z")
    add("--image-bands", metavar="B", help="the bands that there are images of, in the order of cubes")
    add(
        "--columns",
        metavar="WHAT=NAME,...",
        help="columns: id, ra, dec, x, y, redshift, mag_u..., mag=NAME_{band}",
    )
    add("--keep", metavar="NAME,...", help="columns that are carried along")
    add(
        "--flux-unit",
        metavar="U",
        help="of the pixels: nanomaggies, maggies, uJy..., counts; BUNIT unless given",
    )
    add("--zero-point", metavar="M,...", help="AB magnitude of one count")
    add("--softening", metavar="S,...", help="nanomaggies of which pixels become the asinh")
    add(
        "--extinction",
        metavar="E",
        help="extinction_{band}, or EBV*4.24,3.30,2.29,1.70,1.26: off the magnitudes",
    )
    add(
        "--aperture",
        metavar="ARCSEC",
        type=float,
        help="radius in which magnitudes are measured on the images",
    )
    add("--missing", metavar="X,...", help="numbers that stand for none")
    add = made.add_argument_group("how partitions are").add_argument
    add("--size", metavar="PIXELS", type=int, help="pixels on a side of a stamp (32)")
    add("--pixel-scale", metavar="ARCSEC", type=float, help="which pixels must have")
    add("--resample", action="store_true", help="resample images of another pixel scale")
    add("--partition-mb", metavar="MB", type=float, help="size of a partition (25)")
    policies = ["refuse", "flag", "drop"]
    add("--on-missing", choices=policies, help="galaxies that lack images (refuse)")
    add("--on-edge", choices=policies, help="stamps that reach beyond their image (flag)")
    add(
        "--on-unmatched",
        choices=["refuse", "drop"],
        help="ids that the joined catalogue does not have (refuse)",
    )
    add("--overwrite", action="store_true", help="replace partitions that this command has made")
    add("--processes", metavar="N", type=int, help="how many processes (1); under mpirun the ranks")
    add("--quiet", action="store_true", help="neither bar nor summary")


def _add_export(commands: Any) -> None:
    out = commands.add_parser("export", help="results as a catalogue")
    out.description = "Writes the redshifts of a run as a catalogue, a piece at a time."
    out.add_argument("results", help="the folder of a run")
    out.add_argument("catalogue", help="the file to write: .fits, .parquet, .ecsv or .csv")
    out.add_argument("--join", metavar="FILE", help="the input catalogue, whose columns are added by id")
    out.add_argument("--join-on", metavar="COLUMN", help="its column of ids")
    out.add_argument("--table", metavar="NAME", help="extension or group of the joined file")
    out.add_argument("--keep", metavar="NAME,...", help="columns of the joined file, or of the partitions without one")
    out.add_argument("--on-unmatched", choices=["refuse", "blank"], help="ids that the joined file lacks (refuse)")
    out.add_argument("--overwrite", action="store_true", help="replace the file")
    out.add_argument("--quiet", action="store_true", help="no bar, no summary")


def _add_training(commands: Any) -> None:
    from photoz.training import options
    from photoz.training.results import ablation

    options.add_arguments(commands.add_parser("train", help="weights from labelled partitions"))
    ablation.add_arguments(commands.add_parser("ablate", help="what a network looks at"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; gives its exit code."""
    try:
        options = vars(parser().parse_args(arguments))
        _run(options.pop("command"), options)
    except PhotozError as error:
        # Of an error that all ranks have, one says the words.
        if str(error):
            print(f"photoz: {error}", file=sys.stderr)
        return error.code
    except OSError as error:
        told = from_os(error, "photoz")
        print(f"photoz: {told}", file=sys.stderr)
        return told.code
    except KeyboardInterrupt:
        print("photoz: stopped; nothing was written", file=sys.stderr)
        return int(Code.STOPPED)
    return 0


def _run(command: str, options: dict[str, Any]) -> None:
    if command == "train":
        _need_torch()
        from photoz.training.train import train

        train(options)
        return
    is_quiet = options.pop("quiet")
    is_first = _is_first()
    says = (lambda text: None) if is_quiet or not is_first else (lambda text: print(text, file=sys.stderr))
    if command == "partitions":
        from photoz.intake import partitions

        made = partitions(**options, progress=not is_quiet, says=says)
        if not is_quiet and is_first:
            print(made)
    elif command == "ablate":
        from photoz.training.results.ablation import ablate

        ablate(**options, says=says)
    else:
        from photoz.exporting import export

        rows = export(options.pop("results"), options.pop("catalogue"), **options, progress=not is_quiet)
        if not is_quiet:
            print(f"{rows} galaxies")


def _need_torch() -> None:
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise PhotozError("training needs PyTorch: pip install 'photoz[train]'", Code.USAGE)


def _is_first() -> bool:
    """Whether this is the rank that speaks."""
    import os

    names = ("OMPI_COMM_WORLD_RANK", "PMI_RANK")
    return int(next((os.environ[name] for name in names if os.environ.get(name)), 0)) == 0
