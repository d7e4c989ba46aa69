"""`python -m photoz train` to weights: it learns, goes on after a kill, leaves nothing half-written."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest
import training_surveys
from conftest import command

from photoz import program
from photoz.training.data.membership import TrainedSample, fingerprints

torch = pytest.importorskip("torch")

COUNT = 700
SMALL = ["--network", "tiny", "--batch-size", 32, "--threads", 1, "--device", "cpu"]
FAST = [*SMALL, "--magnitude-steps", 30, "--steps", 36, "--validations", 3]


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return training_surveys.write(tmp_path_factory.mktemp("data") / "survey", training_surveys.galaxies(COUNT))


def trained(folder: Path, survey: Path, name: str, *options: object) -> dict:
    """A training in a process of its own, as training.json tells it."""
    done = _run("train", "--data", survey, "--output", folder / f"{name}.h5", *options)
    assert done.returncode == 0, done.stderr
    return _told(folder, name)


def _told(folder: Path, name: str) -> dict:
    return json.loads((folder / f"{name}-training/training.json").read_text())


def _run(*arguments: object, limit: int = resource.RLIM_INFINITY) -> subprocess.CompletedProcess:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(command(*arguments), capture_output=True, text=True, preexec_fn=limited)
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture(scope="module")
def plain(survey: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short training that nothing disturbed, `plain.h5`."""
    folder = tmp_path_factory.mktemp("plain")
    trained(folder, survey, "plain", *FAST)
    return folder


def _seen(said: dict) -> tuple[object, list[dict]]:
    """What must be the same in two trainings: losses and validations, but for how long they took."""
    return said["losses"], [{k: v for k, v in each.items() if k != "seconds"} for each in said["validations"]]


def _tensors(path: Path) -> dict[str, bytes]:
    with h5py.File(path) as file:
        return {name: file[name][()].tobytes() for name in file}


def test_a_small_network_learns_and_the_program_reads_it(survey: Path, tmp_path: Path) -> None:
    texts = ["--license", "CC0-1.0", "--demonstration", "made-up galaxies", "--description", "of a test"]
    steps = ["--magnitude-steps", 150, "--steps", 160, "--pretrain", survey, "--pretrain-steps", 60]
    said = trained(tmp_path, survey, "w", *SMALL, *steps, "--learning-rate", 2e-3, *texts)
    for phase, factor in (("pretraining", 0.9), ("magnitudes", 0.3)):
        losses = said["losses"][phase]
        assert np.mean(losses[-20:]) < factor * np.mean(losses[:10]), phase
    # Colours of the made-up galaxies tell their redshift to some 0.003; guessing the mean has sigma_mad 0.09.
    assert said["metrics"]["sigma_mad"] < 0.02
    assert said["galaxies"]["trained"] + said["galaxies"]["validated"] == COUNT

    # Its redshifts by PyTorch, read without the package's training, and by the program over the whole survey.
    run = program.run(tmp_path / "w.h5", survey, tmp_path / "results", progress=False)
    from photoz.training import astromae

    network = astromae.load(tmp_path / "w.h5")
    with h5py.File(survey / "1.h5") as file, h5py.File(run.folder / "predictions.h5") as found:
        first = network.inception_model.magnitude_block[0]
        magnitudes = torch.from_numpy(file["magnitudes"][:].astype("f4")).double()
        hidden = magnitudes @ first.weight.double().T + first.bias.double()
        expected = network.after_first(torch.from_numpy(file["images"][:]), hidden.float())[:, 0].numpy()
        assert np.abs(found["redshift_predicted"][: len(expected)] - expected).max() < 1e-5

    page = (tmp_path / "w-training/training.html").read_text()
    assert page.count("<svg") >= 5
    assert "Loss, network" in page
    assert "http" not in page.split("srcdoc")[0].replace('xmlns="http://www.w3.org/2000/svg"', "")
    names = {each.name for each in (tmp_path / "w-training").iterdir()}
    assert names == {"checkpoint.pt", "training.json", "training.html", "validation"}


def test_weights_say_what_they_were_trained_on(plain: Path, survey: Path) -> None:
    columns: dict[str, list[np.ndarray]] = {"images": [], "magnitudes": [], "redshift": [], "object_id": []}
    for number in (1, 2):
        with h5py.File(survey / f"{number}.h5") as file:
            for name, values in columns.items():
                values.append(file[name][:])
    all_ids = np.concatenate(columns["object_id"])
    with h5py.File(plain / "plain-training/validation/predictions.h5") as file:
        validated = np.isin(all_ids, file["object_id"][:])
    magnitudes, images, redshift = (
        np.concatenate(columns[name])[~validated] for name in ("magnitudes", "images", "redshift")
    )

    def percentiles(values: np.ndarray) -> np.ndarray:
        return np.percentile(values, (0.1, 99.9), axis=0).T

    with h5py.File(plain / "plain.h5") as file:
        said = dict(file.attrs)
        sample, galaxies = file["trained_sample"][:], file["trained_sample"].attrs["galaxies"]
    assert np.allclose(said["magnitude_range"], percentiles(magnitudes), atol=1e-5)
    assert np.allclose(said["colour_range"], percentiles(magnitudes[:, :-1] - magnitudes[:, 1:]), atol=1e-5)
    assert np.allclose(said["image_minimum_range"], percentiles(images.min(axis=(2, 3))), atol=1e-5)
    assert np.allclose(said["image_maximum_range"], percentiles(images.max(axis=(2, 3))), atol=1e-5)
    assert np.allclose(said["redshift_range"], percentiles(redshift), atol=1e-6)
    assert (said["bands"], said["image_units"]) == ("ugriz", "asinh(nanomaggies / softening)")
    assert np.allclose(said["image_softening"], training_surveys.SOFTENING)
    assert said["pixel_scale"] == 0.4
    assert json.loads(said["metrics"])["validation"]["N"] == validated.sum()
    assert np.array_equal(sample, np.unique(fingerprints(magnitudes)))
    assert galaxies == (~validated).sum() == len(sample)
    assert {"license", "demonstration"}.isdisjoint(said)
    assert "trained on magnitudes" in program.inspect(plain / "plain.h5")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_training_that_was_ended_goes_on_to_the_same_losses(
    survey: Path, plain: Path, tmp_path: Path, how: signal.Signals
) -> None:
    words = ["train", "--data", survey, "--output", tmp_path / "w.h5", *FAST, "--checkpoint-minutes", 0.005, "--resume"]
    with subprocess.Popen(command(*words), stderr=subprocess.PIPE, text=True) as job:
        assert job.stderr is not None
        for line in job.stderr:
            # Between the first validation of the whole network and its end.
            if line.startswith("network: step") and "validation loss" in line:
                break
        job.send_signal(how)
        rest = job.stderr.read()
    if how == signal.SIGTERM:
        assert job.returncode == 75
        assert "go on with" in rest
        assert "--resume" in rest
    assert not (tmp_path / "w.h5").exists()
    assert (tmp_path / "w-training/checkpoint.pt").exists()
    if how == signal.SIGTERM:
        # Another training does not go on from there.
        other = _run(*words, "--seed", 5)
        assert other.returncode == 73
        assert "seed was 1 and is 5" in other.stderr
    done = _run(*words)
    assert done.returncode == 0, done.stderr
    assert "going on after step" in done.stderr
    assert _seen(_told(tmp_path, "w")) == _seen(_told(plain, "plain"))
    assert _tensors(tmp_path / "w.h5") == _tensors(plain / "plain.h5")
    before = (tmp_path / "w.h5").stat().st_mtime_ns
    again = _run(*words)
    assert (again.returncode, "this training is finished" in again.stderr) == (0, True)
    assert (tmp_path / "w.h5").stat().st_mtime_ns == before


def test_two_processes_train_as_one_does(survey: Path, plain: Path, tmp_path: Path) -> None:
    """As torchrun starts them. They see the same galaxies in batches of the same size, in another order."""
    environment = os.environ | {
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(20_000 + os.getpid() % 10_000),
    }
    words = command("train", "--data", survey, "--output", tmp_path / "w.h5", *FAST)
    jobs = [
        subprocess.Popen(words, env=environment | {"RANK": rank, "LOCAL_RANK": rank}, stderr=subprocess.PIPE, text=True)
        for rank in "01"
    ]
    said = [job.communicate()[1] for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0], said
    assert "galaxies to train on" in said[0]
    assert "galaxies to train on" not in said[1]
    one, two = _told(plain, "plain"), _told(tmp_path, "w")
    assert two["processes"] == 2
    assert _tensors(tmp_path / "w.h5")["trained_sample"] == _tensors(plain / "plain.h5")["trained_sample"]
    assert len(two["losses"]["network"]) == len(one["losses"]["network"])
    assert two["losses"]["magnitudes"] == one["losses"]["magnitudes"]
    first, second = (np.mean(each["losses"]["network"]) for each in (one, two))
    # The mean of 36 steps' losses over 32 galaxies has an error of some 5 %.
    assert abs(first - second) < 0.2 * first
    assert abs(one["metrics"]["sigma_mad"] - two["metrics"]["sigma_mad"]) < 0.5 * one["metrics"]["sigma_mad"]


def test_all_ranks_hear_of_an_error_and_one_says_it(survey: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    for number in (1, 2):
        (tmp_path / f"bad/{number}.h5").write_bytes((survey / f"{number}.h5").read_bytes())
    with h5py.File(tmp_path / "bad/2.h5", "r+") as file:
        file["images"][11, 0, 0, 0] = np.inf
    environment = os.environ | {
        "OMPI_COMM_WORLD_SIZE": "2",
        "OMPI_COMM_WORLD_LOCAL_SIZE": "2",
    }
    words = command("train", "--data", tmp_path / "bad", "--output", tmp_path / "w.h5", *FAST)
    jobs = [
        subprocess.Popen(
            words,
            env=environment | {"OMPI_COMM_WORLD_RANK": rank, "OMPI_COMM_WORLD_LOCAL_RANK": rank},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in "01"
    ]
    said = [job.communicate(timeout=60)[1] for job in jobs]
    assert [job.returncode for job in jobs] == [65, 65], said
    assert "2.h5: images: row 11 holds a pixel that is not finite" in said[0]
    assert "row 11" not in said[1]
    assert [path.name for path in tmp_path.iterdir()] == ["bad"]


def test_weights_that_the_disk_does_not_take_leave_nothing(survey: Path, tmp_path: Path) -> None:
    words = ["train", "--data", survey, "--output", tmp_path / "w.h5", *FAST, "--quiet"]
    done = _run(*words, limit=100_000)
    assert done.returncode == 74
    assert "w-training/candidate.h5" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_the_last_checkpoint(survey: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", small], capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        # One checkpoint has room, and the next one beside it has not.
        words = ["train", "--data", survey, "--output", small / "w.h5", *FAST, "--quiet", "--checkpoint-minutes", 0.001]
        done = _run(*words)
        assert done.returncode == 74
        assert "checkpoint.pt: no space left on the disk" in done.stderr
        assert [path.name for path in small.iterdir()] == ["w-training"]
        assert [path.name for path in (small / "w-training").iterdir()] == ["checkpoint.pt"]
        subprocess.run(["mount", "-o", "remount,size=20m", small], check=True)
        assert _run(*words, "--resume").returncode == 0
        assert (small / "w.h5").exists()
    finally:
        subprocess.run(["umount", small], check=True)


def test_other_names_bands_and_sizes(tmp_path: Path) -> None:
    """Three bands in data sets of their own, text identifiers, larger images, errors and weights of galaxies."""
    columns = training_surveys.galaxies(300, size=29)
    (tmp_path / "data").mkdir()
    with h5py.File(tmp_path / "data/all.hdf5", "w") as file:
        file.create_dataset("cutouts/img", data=columns["images"][:, 1:4], compression="gzip", chunks=(7, 3, 29, 29))
        for band, values in zip("gri", columns["magnitudes"].T[1:4], strict=True):
            file[f"mag_{band}"] = values
            file[f"err_{band}"] = np.full(300, 0.02)
        file["zspec"] = columns["redshift"]
        file["name"] = np.array([f"J{number}" for number in columns["object_id"]], dtype=h5py.string_dtype())
        file["w"] = np.linspace(1, 2, 300)
    names = ["--images", "cutouts/img", "--magnitudes", "mag_g,mag_r,mag_i", "--redshift", "zspec"]
    names += ["--object-id", "name", "--magnitude-errors", "err_g,err_r,err_i", "--galaxy-weights", "w"]
    names += ["--bands", "gri", "--image-size", 24, "--loss", "relative", "--balance", "redshift"]
    steps = ["--magnitude-steps", 3, "--steps", 3, "--validations", 1]
    said = trained(tmp_path, tmp_path / "data", "w", *SMALL, *names, *steps)
    assert len(said["losses"]["network"]) == 3
    with h5py.File(tmp_path / "w.h5") as file:
        assert file.attrs["bands"] == "gri"
        assert file["patch_embed.proj.weight"].shape == (16, 3, 8, 8)
        assert file["pos_embed"].shape == (1, 10, 16)
    with h5py.File(tmp_path / "w-training/validation/predictions.h5") as file:
        assert all(name.startswith(b"J") for name in file["object_id"][:])
    refused = _run("train", "--data", tmp_path / "data", "--output", tmp_path / "x.h5", *SMALL, *names[2:])
    assert (refused.returncode, "there is no data set images" in refused.stderr) == (65, True)


def test_what_is_there_is_kept(survey: Path, plain: Path, tmp_path: Path) -> None:
    (tmp_path / "w.h5").write_text("mine")
    words = ["train", "--data", survey, "--output", tmp_path / "w.h5", *FAST]
    for more, text in (([], "exists: choose another name"), (["--overwrite"], "is no weights file")):
        done = _run(*words, *more)
        assert (done.returncode, text in done.stderr) == (73, True)
    assert (tmp_path / "w.h5").read_text() == "mine"
    (tmp_path / "w.h5").unlink()
    (tmp_path / "w-training").mkdir()
    (tmp_path / "w-training/notes.txt").write_text("mine")
    done = _run(*words, "--overwrite")
    assert (done.returncode, "holds notes.txt" in done.stderr) == (73, True)
    few = _run("train", "--data", survey / "1.h5", "--output", tmp_path / "x.h5", *FAST, "--validation", 0.9)
    assert (few.returncode, "too few galaxies" in few.stderr) == (65, True)


def test_weights_remember_the_galaxies_of_those_that_they_began_with(plain: Path, tmp_path: Path) -> None:
    columns = training_surveys.galaxies(300, seed=9)
    data = training_surveys.write(tmp_path / "data", columns)
    steps = ["--start", plain / "plain.h5", "--magnitude-steps", 2, "--steps", 2, "--validations", 1]
    trained(tmp_path, data, "w", *SMALL[2:], *steps)
    before, after = TrainedSample.read(plain / "plain.h5"), TrainedSample.read(tmp_path / "w.h5")
    assert before is not None
    assert after is not None
    own = np.setdiff1d(after.fingerprints, before.fingerprints)
    assert set(own) < set(fingerprints(columns["magnitudes"]))
    assert after.galaxies == len(after.fingerprints) == len(before.fingerprints) + len(own)
    assert abs(len(own) - 270) < 25
    # Of weights that do not say, nobody can know; the user hears of it.
    with h5py.File(plain / "plain.h5") as file, h5py.File(tmp_path / "silent.h5", "w") as silent:
        silent.attrs.update(file.attrs)
        for name in set(file) - {"trained_sample"}:
            file.copy(name, silent)
    steps[1] = tmp_path / "silent.h5"
    done = _run("train", "--data", data, "--output", tmp_path / "v.h5", *SMALL[2:], *steps)
    assert done.returncode == 0, done.stderr
    assert "does not say which galaxies it was trained on" in done.stderr
    silently = TrainedSample.read(tmp_path / "v.h5")
    assert silently is not None
    assert np.array_equal(silently.fingerprints, own)


def test_calibrating_on_what_was_trained_on_is_warned_of(plain: Path, survey: Path, tmp_path: Path) -> None:
    with pytest.warns(program.PhotozWarning, match="trained on"):
        program.calibrate(plain / "plain.h5", survey, tmp_path / "own.hdf5", method="cells", progress=False)
    others = training_surveys.write(tmp_path / "others", training_surveys.galaxies(COUNT, seed=2))
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        program.calibrate(plain / "plain.h5", others, tmp_path / "other.hdf5", method="cells", progress=False)
    assert not [each for each in heard if "trained on" in str(each.message)]


@pytest.mark.quiet
def test_a_time_budget_is_kept(survey: Path, tmp_path: Path) -> None:
    begun = time.monotonic()
    said = trained(tmp_path, survey, "w", *SMALL, "--minutes", 0.3, "--patience", 0, "--validations", 4)
    took = time.monotonic() - begun
    assert said["plan"]["network"] > 5
    assert took < 1.6 * 18, said["plan"]


def test_training_needs_pytorch_and_says_so(survey: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    hidden = (
        "import sys, importlib.util as u; real = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'torch' else real(name, *more)\n"
        "from photoz.commands import main; sys.exit(main(sys.argv[1:]))"
    )
    words = [sys.executable, "-c", hidden, "train", "--data", str(survey), "--output", str(tmp_path / "w.h5")]
    done = subprocess.run(words, capture_output=True, text=True)
    assert (done.returncode, "pip install 'photoz[train]'" in done.stderr) == (64, True)
