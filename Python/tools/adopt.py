"""Takes weights that `demonstration.py` has made into the project, and renews all that follows from them.

    python tools/adopt.py work

`Data/`: the weights, their model card, 256 galaxies to try them on, and the golden redshifts of `photoz selftest`.
`Tests/Fixtures/`: redshifts and stages of the golden galaxies, by the network in PyTorch, in float64; that it is the
published network is proved before, on weights whose redshifts the published modules have made.
"""

import argparse
import shutil
from pathlib import Path

import h5py
import torch
from demonstration import simulate

from photoz.training import astromae

DATA = astromae.ROOT / "Data"
GALAXIES = 256
STAGED = 4


def stages(network: astromae.AstroMAE, images: torch.Tensor, magnitudes: torch.Tensor, names: list[str]) -> dict:
    """What the modules of these names give, and `output`."""
    found = {}
    # One module may have two names.
    modules = dict(network.named_modules(remove_duplicate=False))
    for name in names:
        if name in modules:
            modules[name].register_forward_hook(lambda _, __, out, name=name: found.__setitem__(name, out.numpy()))
    with torch.inference_mode():
        found["output"] = network(images, magnitudes).numpy()
    return found


def renew_fixtures(weights: Path) -> None:
    """Golden redshifts and stages of `partition.h5`, with the weights of the project."""
    fixtures = astromae.FIXTURES
    single, exact = (
        astromae.redshifts(astromae.load(weights), fixtures / "partition.h5", kind)
        for kind in (torch.float32, torch.float64)
    )
    with h5py.File(fixtures / "expected.h5", "r+") as file:
        file["redshift_float64"][:] = exact
        file["redshift_float32_pytorch"][:] = single
    images, magnitudes = (
        torch.from_numpy(values[:STAGED]).double() for values in astromae.galaxies(fixtures / "partition.h5")
    )
    with h5py.File(fixtures / "stages.h5", "r+") as file:
        names = []
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        found = stages(astromae.load(weights).double(), images, magnitudes, names)
        for name in names:
            file[name][...] = found[name]


def renew_galaxies(folder: Path) -> None:
    """The galaxies that users try the program on."""
    survey = simulate(folder / "few", GALAXIES, 256)
    with h5py.File(survey / "1.h5") as made, h5py.File(DATA / "mock-galaxies.h5", "w") as file:
        images = file.create_dataset(
            "images", data=made["images"][:], chunks=(32, 5, 32, 32), compression="gzip", shuffle=True
        )
        images.attrs.update(made["images"].attrs)
        for name in ("magnitudes", "redshift", "object_id"):
            file[name] = made[name][:]
            file[name].attrs.update(made[name].attrs)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="that of demonstration.py")
    folder = parser.parse_args().folder
    astromae.check_one(astromae.FIXTURES / "small-weights.h5", "small_redshift_float64")
    shutil.copyfile(folder / astromae.WEIGHTS.name, astromae.WEIGHTS)
    shutil.copyfile(folder / "model-card.md", DATA / "astromae-mock-sdss.md")
    renew_galaxies(folder)
    renew_fixtures(astromae.WEIGHTS)
    astromae.check()
    astromae.write_selftest()


if __name__ == "__main__":
    main()
