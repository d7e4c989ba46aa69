"""Which galaxies weights were trained on: fingerprints, and the fair sample of them."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import training_surveys

from photoz.errors import PhotozError
from photoz.training.data.membership import NAME, SIZE, TrainedSample, fingerprints

_ONES = (1 << 64) - 1


def by_hand(magnitudes: np.ndarray) -> int:
    """The fingerprint of one galaxy, in whole numbers of Python."""
    found = 0x9E3779B97F4A7C15
    for bits in magnitudes.astype("f4").view("u4").tolist():
        x = found ^ bits
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _ONES
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _ONES
        found = x ^ (x >> 31)
    return found


def many(count: int, seed: int) -> np.ndarray:
    return training_surveys.galaxies(count, seed, size=2)["magnitudes"]


def test_fingerprints_are_those_of_the_program() -> None:
    galaxies = many(50, 1)
    assert fingerprints(galaxies).tolist() == [by_hand(each) for each in galaxies]
    # Stored in either width, in any order of bytes, or as columns of a larger table, they are the same galaxies.
    single = galaxies.astype("f4")
    for way in (single, single.astype(">f4"), single.astype("f8"), np.hstack([single, single])[:, :5]):
        assert np.array_equal(fingerprints(way), fingerprints(galaxies))
    # A number that other programs can be held to.
    assert fingerprints(np.array([[19.5, 18.25, 17.5, 17.125, 16.75]])).tolist() == [0x982469E97351ED54]


def test_bands_galaxies_and_last_bits_make_a_difference() -> None:
    galaxies = many(200, 2).astype("f4")
    others = galaxies.copy()
    others[:, 3] = np.nextafter(others[:, 3], np.float32(99))
    everything = [galaxies, galaxies[:, ::-1], galaxies[:, :4], others]
    found = np.concatenate([fingerprints(each) for each in everything])
    assert len(np.unique(found)) == 800
    # Even over all numbers of 64 bits: of 100 000 in each sixteenth 6 250, whose standard deviation is 77.
    counts = np.bincount((fingerprints(many(100_000, 3)) >> np.uint64(60)).astype(int), minlength=16)
    assert np.abs(counts - 6250).max() < 400


def test_the_sample_does_not_depend_on_order_or_pieces() -> None:
    galaxies = many(9000, 4)
    whole = TrainedSample.of([galaxies])
    assert (len(whole.fingerprints), whole.galaxies) == (SIZE, 9000)
    assert np.array_equal(whole.fingerprints, np.sort(fingerprints(galaxies))[:SIZE])
    order = np.random.default_rng(5).permutation(9000)
    twice = [*np.array_split(galaxies[order], 7), galaxies[:500]]
    for pieces in (np.array_split(galaxies, 3), twice, [galaxies[:0], galaxies]):
        found = TrainedSample.of(pieces)
        assert np.array_equal(found.fingerprints, whole.fingerprints)
        assert found.galaxies == 9000
    few = TrainedSample.of([galaxies[:100]])
    assert (len(few.fingerprints), few.galaxies) == (100, 100)


def test_the_sample_tells_what_share_of_galaxies_was_trained_on() -> None:
    galaxies = many(40_000, 6)
    sample = TrainedSample.of([galaxies[:20_000]])
    labelled = fingerprints(galaxies[15_000:])  # a fifth of them was trained on
    checked = labelled[labelled <= sample.fingerprints[-1]]
    found = np.isin(checked, sample.fingerprints)
    assert len(checked) > 4000
    # Exactly those, of those that can be checked.
    assert set(checked[found]) == set(checked) & set(fingerprints(galaxies[15_000:20_000]))
    assert abs(found.mean() - 0.2) < 4 * np.sqrt(0.2 * 0.8 / len(checked))
    strangers = fingerprints(galaxies[20_000:])
    assert not np.isin(strangers[strangers <= sample.fingerprints[-1]], sample.fingerprints).any()


def test_samples_of_two_trainings_are_joined() -> None:
    galaxies = many(30_000, 7)
    # Those of both, whether they have galaxies in common or not; beyond 4096 each it is an estimate, to some 1.6 %.
    ways = [
        ((0, 2000), (1000, 3000), 0),
        ((0, 3000), (1500, 4500), 0),
        ((0, 20_000), (10_000, 30_000), 2000),
        ((0, 20_000), (0, 100), 0),
    ]
    for first, second, error in ways:
        parts = [galaxies[slice(*first)], galaxies[slice(*second)]]
        joined = TrainedSample.of(parts[:1]).joined(TrainedSample.of(parts[1:]))
        together = TrainedSample.of(parts)
        assert np.array_equal(joined.fingerprints, together.fingerprints)
        assert abs(joined.galaxies - together.galaxies) <= error


def test_a_weights_file_keeps_it(tmp_path: Path) -> None:
    sample = TrainedSample.of([many(300, 8)])
    with h5py.File(tmp_path / "w.h5", "w") as file:
        sample.write(file)
    found = TrainedSample.read(tmp_path / "w.h5")
    assert found is not None
    assert np.array_equal(found.fingerprints, sample.fingerprints)
    assert found.galaxies == 300
    with h5py.File(tmp_path / "none.h5", "w") as file:
        file["cls_token"] = np.zeros(3)
    assert TrainedSample.read(tmp_path / "none.h5") is None


@pytest.mark.parametrize("spoilt", [np.arange(3.0), np.array([3, 2], "u8"), np.array([2, 2], "u8"), np.empty(0, "u8")])
def test_what_is_no_sample_is_refused(tmp_path: Path, spoilt: np.ndarray) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file[NAME] = spoilt
        file[NAME].attrs["galaxies"] = 10
    with pytest.raises(PhotozError, match=r"w\.h5: trained_sample is no sample") as refused:
        TrainedSample.read(tmp_path / "w.h5")
    assert refused.value.code == 65
