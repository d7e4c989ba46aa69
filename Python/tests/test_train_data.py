"""Labelled partitions: the split, the stream, what is missing, and what is refused with file, data set and row."""

import warnings
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import training_surveys
from conftest import ROOT

from photoz import program
from photoz.errors import PhotozError
from photoz.training.data import split
from photoz.training.data.labels import read_labels
from photoz.training.data.partitions import Names, Survey, listed, open_survey
from photoz.training.data.scan import scan
from photoz.training.data.stream import Stream
from photoz.training.options import Options


def _options(folder: Path, **told: object) -> Options:
    return Options.of({"data": (folder,), "output": folder.with_suffix(".h5"), **told})


def _extremes(survey: Survey) -> np.ndarray:
    return np.concatenate([scan(survey, part, skips=True).extremes for part in survey.partitions])


def test_the_split_goes_by_identifiers_alone(tmp_path: Path) -> None:
    columns = training_surveys.galaxies(600)
    order = np.random.default_rng(8).permutation(600)
    ways = {
        "as they are": (columns, 2),
        "in another order": ({name: values[order] for name, values in columns.items()}, 2),
        "in other partitions": (columns, 5),
        "as 32-bit numbers": (columns | {"object_id": columns["object_id"].astype("u4")}, 2),
    }
    found = {}
    for name, (galaxies, parts) in ways.items():
        survey = open_survey([training_surveys.write(tmp_path / name, galaxies, parts)], Names())
        labels = read_labels(survey, _options(tmp_path / name), _extremes(survey)).labels
        trained, validated = labels.parts(0.2, 10_000)
        assert not set(trained.ids) & set(validated.ids)
        assert len(trained) + len(validated) == 600
        found[name] = set(validated.ids.tolist())
    assert all(ids == found["as they are"] for ids in found.values())
    # Of 600 drawn with 0.2 some 120, within five standard deviations.
    assert abs(len(found["as they are"]) - 120) < 50


def test_a_limit_on_the_validation_set_leaves_the_others_as_they_are(tmp_path: Path) -> None:
    survey = open_survey([training_surveys.write(tmp_path / "s", training_surveys.galaxies(400))], Names())
    labels = read_labels(survey, _options(tmp_path / "s"), _extremes(survey)).labels
    (trained, validated), (again, fewer) = labels.parts(0.25, 1000), labels.parts(0.25, 30)
    assert len(fewer) == 30
    assert set(fewer.ids) < set(validated.ids)
    assert np.array_equal(trained.ids, again.ids)


def test_identifiers_in_any_type_have_one_hash() -> None:
    numbers = np.array([0, 1, 2**40, -5])
    assert np.array_equal(split.hashes_of_ids(numbers), split.hashes_of_ids(numbers.astype("i8")))
    texts = ["SDSS J1", "g", "é"]
    ways = [np.array(texts, dtype=object), np.array([text.encode() for text in texts], "S20")]
    assert np.array_equal(*(split.hashes_of_ids(each) for each in ways))
    many = split.hashes_of_ids(np.arange(100_000))
    # Uniform: in each tenth 10 000, whose standard deviation is 95.
    assert np.abs(np.histogram(many, 10, (0, 1))[0] - 10_000).max() < 500
    rows = split.hashes_of_rows("1.h5", 50)
    assert np.array_equal(rows, split.hashes_of_rows("1.h5", 60)[:50])
    assert not np.isin(rows, split.hashes_of_rows("2.h5", 50)).any()


@pytest.mark.parametrize("world", [1, 2, 3])
def test_each_galaxy_comes_once_an_epoch(tmp_path: Path, world: int) -> None:
    columns = training_surveys.galaxies(500)
    survey = open_survey([training_surveys.write(tmp_path / "s", columns, 3, chunk=10)], Names())
    kept = np.flatnonzero(np.random.default_rng(2).random(500) < 0.8)
    bounds = np.cumsum([0] + [part.rows for part in survey.partitions])
    partition = np.searchsorted(bounds, kept, side="right") - 1
    streams = [
        Stream(survey, partition, kept - bounds[partition], seed=4, batch=48, rank=rank, world=world)
        for rank in range(world)
    ]
    assert len({stream.steps for stream in streams}) == 1
    orders = []
    for epoch in range(2):
        seen = []
        for step in range(epoch * streams[0].steps, (epoch + 1) * streams[0].steps):
            for stream in streams:
                chosen, images = stream.batch(step)
                assert np.array_equal(images, columns["images"][kept[chosen]])
                seen.append(chosen)
        assert max(map(len, seen)) <= 48 / world * 1.5 + 1
        order = np.concatenate(seen)
        assert np.array_equal(np.sort(order), np.arange(len(kept)))
        orders.append(order)
    assert not np.array_equal(*orders)
    # One that begins in the middle, as a training that goes on does.
    late = Stream(survey, partition, kept - bounds[partition], seed=4, batch=48, rank=0, world=world)
    step = streams[0].steps + 2
    assert np.array_equal(late.batch(step)[0], streams[0].batch(step)[0])
    for stream in [*streams, late]:
        stream.close()


def test_a_stream_mixes_galaxies_from_all_over_the_survey(tmp_path: Path) -> None:
    survey = open_survey([training_surveys.write(tmp_path / "s", training_surveys.galaxies(2000, size=8), 4)], Names())
    rows = np.concatenate([np.arange(500)] * 4)
    partition = np.repeat(np.arange(4), 500)
    stream = Stream(survey, partition, rows, seed=1, batch=100)
    assert all(len(np.unique(partition[stream.batch(step)[0]])) == 4 for step in range(stream.steps))
    stream.close()


def test_what_is_missing_is_what_the_program_calls_missing(tmp_path: Path) -> None:
    """Galaxies are left out of training exactly when `photoz run` gives them no redshift, or knows none of them."""
    columns = training_surveys.galaxies(40, size=32)
    odd = [np.nan, np.inf, 99.0, 0.0, -9999.0, 90.0, 89.9, 0.1, 30.0, -0.5]
    columns["magnitudes"][: len(odd), 2] = odd
    columns["redshift"][20:26] = [np.nan, -0.001, 0.0, 20.0, 20.5, -99.0]
    folder = training_surveys.write(tmp_path / "s", columns, 1)
    survey = open_survey([folder], Names())
    usable = read_labels(survey, _options(folder, missing=(30.0,)), _extremes(survey))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", program.PhotozWarning)
        weights = ROOT / "Tests/Fixtures/small-weights.h5"
        run = program.run(weights, folder, tmp_path / "r", missing=[30], progress=False)
    with h5py.File(run.folder / "predictions.h5") as file:
        known = np.isfinite(file["redshift_predicted"][:]) & np.isfinite(file["redshift"][:])
    assert np.array_equal(usable.labels.row, np.flatnonzero(known))
    assert usable.left_out == {"without redshift": 4, "without a magnitude": 8}


def _spoil_pixel(file: h5py.File) -> None:
    file["images"][7, 2, 3, 3] = np.nan


def _replaced(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[h5py.File], None]:
    def spoil(file: h5py.File) -> None:
        values = change(file[name][:])
        del file[name]
        file[name] = values

    return spoil


def _said(name: str, attribute: str, value: object) -> Callable[[h5py.File], None]:
    def spoil(file: h5py.File) -> None:
        file[name].attrs[attribute] = value

    return spoil


def _unwritten(file: h5py.File) -> None:
    shape = file["images"].shape
    del file["images"]
    file.create_dataset("images", shape, "f4")


REFUSED = {
    "images of another size": (_replaced("images", lambda x: x[:, :, :8, :8]), r"1\.h5 has images .* and .*2\.h5"),
    "too few magnitudes": (_replaced("magnitudes", lambda x: x[:, :4]), r"2\.h5: magnitudes is \[100, 4\]"),
    "no redshifts": (lambda file: file.__delitem__("redshift"), r"2\.h5: there is no data set redshift"),
    "text": (_replaced("images", lambda x: x[:, 0, 0, 0].astype("S4")), r"2\.h5: images is"),
    "another order of bands": (_said("images", "bands", "zirgu"), r"2\.h5: the images have the bands z,i,r,g,u"),
    "other units": (_said("images", "units", "nanomaggies"), r"1\.h5 says units .* and .*2\.h5 nanomaggies"),
    "another softening": (_said("images", "softening", np.ones(5)), r"softening .* and .*2\.h5"),
    "another pixel scale": (_said("images", "pixel_scale", 0.2), r"pixel_scale 0\.4 and .*2\.h5 0\.2"),
    "packed numbers": (_said("images", "scale_factor", 2.0), r"2\.h5: images has scale_factor"),
    "a fill value": (_said("magnitudes", "_FillValue", -1.0), r"2\.h5: magnitudes has _FillValue"),
    "what was never written": (_unwritten, r"2\.h5: images was never written"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_partitions_that_cannot_be_trained_on_are_refused(tmp_path: Path, name: str) -> None:
    spoil, words = REFUSED[name]
    folder = training_surveys.write(tmp_path / "s", training_surveys.galaxies(200))
    open_survey([folder], Names())
    with h5py.File(folder / "2.h5", "r+") as file:
        spoil(file)
    with pytest.raises(PhotozError, match=words) as refused:
        open_survey([folder], Names())
    assert refused.value.code == 65


def test_a_pixel_that_is_no_number_is_named_or_left_out(tmp_path: Path) -> None:
    folder = training_surveys.write(tmp_path / "s", training_surveys.galaxies(200))
    with h5py.File(folder / "2.h5", "r+") as file:
        _spoil_pixel(file)
    survey = open_survey([folder], Names())
    with pytest.raises(PhotozError, match=r"2\.h5: images: row 7 holds a pixel that is not finite"):
        scan(survey, survey.partitions[1], skips=False)
    usable = read_labels(survey, _options(folder), _extremes(survey))
    assert usable.left_out == {"with pixels that are not finite": 1}
    assert len(usable.labels) == 199


def test_the_centre_of_larger_images_is_that_of_the_program(tmp_path: Path) -> None:
    columns = training_surveys.galaxies(8, size=37)
    folder = training_surveys.write(tmp_path / "s", columns, 1)
    survey = open_survey([folder], Names(), size=32)
    with h5py.File(folder / "1.h5") as file:
        cut = survey.images(file, slice(None))
    weights = ROOT / "Tests/Fixtures/small-weights.h5"
    cropped = program.run(weights, folder, tmp_path / "r", crop=True, progress=False)
    other = training_surveys.write(tmp_path / "cut", columns | {"images": cut}, 1)
    plain = program.run(weights, other, tmp_path / "q", progress=False)
    with (
        h5py.File(cropped.folder / "predictions.h5") as one,
        h5py.File(plain.folder / "predictions.h5") as two,
    ):
        assert np.array_equal(one["redshift_predicted"][:], two["redshift_predicted"][:])


def test_partitions_come_in_natural_order(tmp_path: Path) -> None:
    for name in ("10.h5", "2.h5", "1.HDF5", ".3.h5", "inprogress_4.h5", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in listed([tmp_path])] == ["1.HDF5", "2.h5", "10.h5"]
    with pytest.raises(PhotozError, match="there is no such file") as missing:
        listed([tmp_path / "none"])
    assert missing.value.code == 66
