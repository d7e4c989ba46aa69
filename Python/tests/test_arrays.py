"""Arrays as CNN groups publish them."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from conftest import BANDS, WEIGHTS, Mock, read_partitions

import photoz
from photoz.errors import PhotozError


def labels(mock: Mock, count: int) -> np.ndarray:
    found = np.zeros(count, [("objID", "i8"), ("z", "f4"), *((f"modelMag_{band}", "f8") for band in BANDS)])
    found["objID"], found["z"] = mock.ids[:count], mock.redshift[:count]
    for number, band in enumerate(BANDS):
        found[f"modelMag_{band}"] = mock.magnitudes[:count, number]
    return found


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_with_bands_last_and_structured_labels(mock: Mock, tmp_path: Path, save: object) -> None:
    cube = np.pad(mock.flux[:40], ((0, 0), (0, 0), (16, 16), (16, 16))).transpose(0, 2, 3, 1).astype("f4")
    save(tmp_path / "cube.npz", cube=np.ascontiguousarray(cube), labels=labels(mock, 40))  # type: ignore[operator]
    made = photoz.partitions(
        tmp_path / "cube.npz",
        output=tmp_path / "survey",
        weights=WEIGHTS,
        flux_unit="nanomaggies",
        columns="redshift=z,id=objID",
        partition_mb=0.5,
        progress=False,
    )
    assert len(made.files) == 2
    found = read_partitions(tmp_path / "survey")
    assert np.array_equal(found["object_id"], mock.ids[:40])
    assert np.array_equal(found["redshift"], mock.redshift[:40])
    assert np.abs(found["images"] - mock.stored[:40]).max() < 1e-5


def test_npy_beside_a_catalogue(mock: Mock, tmp_path: Path) -> None:
    np.save(tmp_path / "stored.npy", mock.stored[:9])
    common = {"weights": WEIGHTS, "flux_unit": "asinh", "columns": "redshift=z", "progress": False}
    photoz.partitions(
        {name: labels(mock, 9)[name] for name in labels(mock, 9).dtype.names},
        tmp_path / "stored.npy",
        tmp_path / "survey",
        **common,
    )
    assert np.abs(read_partitions(tmp_path / "survey")["images"] - mock.stored[:9]).max() < 1e-6
    with pytest.raises(PhotozError, match="9 images, and there are 8 rows"):
        photoz.partitions(
            {name: labels(mock, 8)[name] for name in labels(mock, 8).dtype.names},
            tmp_path / "stored.npy",
            tmp_path / "other",
            **common,
        )
    np.save(tmp_path / "ambiguous.npy", np.zeros((3, 5, 40, 5)))
    with pytest.raises(PhotozError, match="both axes fit: say --layout"):
        photoz.partitions({"id": [1, 2, 3]}, tmp_path / "ambiguous.npy", tmp_path / "other", **common)


@pytest.mark.parametrize("survey", ["galaxiesml", "multimodaluniverse"])
def test_published_surveys_by_their_names(mock: Mock, tmp_path: Path, survey: str) -> None:
    bands, image = "grizy", "image" if survey == "galaxiesml" else "image_array"
    folder = tmp_path / "data/healpix=12"
    folder.mkdir(parents=True)
    with h5py.File(folder / "001.hdf5", "w") as file:
        file[image] = np.pad(mock.flux[:7], ((0, 0), (0, 0), (4, 4), (4, 4)))
        for number, band in enumerate(bands):
            file[f"{band}_cmodel_mag"] = mock.magnitudes[:7, number]
        file["object_id"] = mock.ids[:7]
        file["specz_redshift" if survey == "galaxiesml" else "redshift"] = mock.redshift[:7]
    source = folder / "001.hdf5" if survey == "galaxiesml" else tmp_path / "data"
    photoz.partitions(
        source,
        output=tmp_path / "survey",
        survey=survey,
        flux_unit="nanomaggies",
        softening="0.1,0.05,0.05,0.08,0.25",
        progress=False,
    )
    found = read_partitions(tmp_path / "survey")
    assert np.abs(found["images"] - mock.stored[:7]).max() < 1e-5
    assert np.array_equal(found["magnitudes"], mock.magnitudes[:7])
    assert np.array_equal(found["redshift"], mock.redshift[:7])
    with h5py.File(tmp_path / "survey/1.h5") as file:
        assert file["images"].attrs["bands"] == "g,r,i,z,y"


def test_a_scene_in_an_array_with_positions_in_pixels(tmp_path: Path) -> None:
    """As scarlet's examples come: an image of several bands, and a catalogue of pixels, in one archive."""
    scene = np.random.default_rng(5).normal(1, 0.1, (3, 60, 70)).astype("f4")
    found = np.array([(30.2, 25.0), (40.0, 30.6)], [("x", "f8"), ("y", "f8")])
    np.savez(tmp_path / "scene.npz", images=scene, catalog=found)
    photoz.partitions(
        str(tmp_path / "scene.npz[catalog]"),
        str(tmp_path / "scene.npz[images]"),
        tmp_path / "survey",
        bands="gri",
        columns="x=x,y=y",
        flux_unit="counts",
        zero_point=27,
        aperture=1.0,
        pixel_scale=0.168,
        size=32,
        progress=False,
    )
    cut = read_partitions(tmp_path / "survey")
    factor = 10 ** (-0.4 * (27 - 22.5))
    assert np.allclose(cut["images"][0], scene[:, 9:41, 14:46] * factor, rtol=1e-6)
    light = np.pi * (1 / 0.168) ** 2 * factor
    assert np.allclose(cut["magnitudes"], 22.5 - 2.5 * np.log10(light), atol=0.05)


def test_an_archive_that_would_run_code_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "objects.npz", images=np.array([{"a": 1}], dtype=object))
    with pytest.raises(PhotozError, match=r"no array of images|without running"):
        photoz.partitions(tmp_path / "objects.npz", output=tmp_path / "survey", flux_unit="counts", zero_point=27)
