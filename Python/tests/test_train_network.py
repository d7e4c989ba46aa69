"""Parts of the training against what they should be by their definition."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pytest
import training_surveys

torch = pytest.importorskip("torch")

from photoz.errors import PhotozError  # noqa: E402 (without PyTorch there is nothing to test)
from photoz.training import losses, optimisers  # noqa: E402
from photoz.training.astromae import AstroMAE  # noqa: E402
from photoz.training.data import augment  # noqa: E402
from photoz.training.data.partitions import Names, open_survey  # noqa: E402
from photoz.training.loop import validations  # noqa: E402
from photoz.training.network import NETWORKS, begin, shape_for  # noqa: E402
from photoz.training.options import Options  # noqa: E402
from photoz.training.pretraining import Autoencoder  # noqa: E402
from photoz.training.results import export  # noqa: E402
from photoz.training.results.metrics import metrics  # noqa: E402
from photoz.training.whitening import Whitening  # noqa: E402


def _options(**told: object) -> Options:
    return Options.of({"data": (Path("s"),), "output": Path("w.h5"), **told})


def test_whitening_is_undone_exactly() -> None:
    magnitudes = training_surveys.galaxies(300)["magnitudes"]
    whitening = Whitening(magnitudes)
    white = whitening(magnitudes)
    assert np.allclose(np.cov(white.T), np.eye(5), atol=1e-4)
    layer = torch.nn.Linear(5, 7)
    expected = layer(torch.from_numpy(white)).detach().numpy()
    whitening.fold(layer)
    folded = magnitudes @ layer.weight.detach().double().numpy().T + layer.bias.detach().double().numpy()
    # Weights of some 100 on magnitudes of 17 cancel: float32 keeps 1e-3 of them.
    assert np.abs(folded - expected).max() < 2e-3
    whitening.unfold(layer)
    assert np.abs(layer(torch.from_numpy(white)).detach().numpy() - expected).max() < 2e-3


def test_magnitudes_that_never_differ_are_not_blown_up() -> None:
    magnitudes = training_surveys.galaxies(300)["magnitudes"]
    magnitudes[:, 1] = magnitudes[:, 2]
    assert np.abs(Whitening(magnitudes)(magnitudes)).max() < 10


def test_losses_weigh_galaxies_as_they_say() -> None:
    z, p = torch.tensor([0.1, 1.0]), torch.tensor([0.2, 1.2])
    one = torch.ones(2)
    # Smooth L1 with beta 0.2 of differences in units of 0.05: |x| - 0.1 above.
    assert losses.loss(p, z, one, "redshift").item() == pytest.approx(((2 - 0.1) + (4 - 0.1)) / 2, rel=1e-5)
    expected = ((0.1 / 1.1 / 0.05 - 0.1) + (0.2 / 2 / 0.05 - 0.1)) / 2
    assert losses.loss(p, z, one, "relative").item() == pytest.approx(expected, rel=1e-5)
    redshift = np.r_[np.full(900, 0.1) + np.linspace(0, 1e-3, 900), np.full(100, 0.3)]
    weight = losses.weights(redshift, np.ones(1000), "redshift")
    assert weight.mean() == pytest.approx(1)
    assert weight[900:].sum() == pytest.approx(weight[:900].sum(), rel=1e-6)
    given = losses.weights(redshift, np.r_[np.full(500, 3.0), np.ones(500)], "none")
    assert given[0] / given[-1] == pytest.approx(3)


def test_metrics_are_those_of_the_readme() -> None:
    z, p = np.array([0.0, 1.0, 3.0, 0.25]), np.array([0.1, 1.0, 2.0, 0.5])
    found = metrics(p, z)
    d = np.array([0.1, 0.0, -0.25, 0.2])
    assert found["Bias"] == pytest.approx(d.mean())
    assert found["sigma_mad"] == pytest.approx(1.4826 * np.median(np.abs(d - 0.05)))
    assert found["outlier_fraction_0.15"] == 0.5
    assert found["MAE"] == pytest.approx((0.1 + 0 + 1 + 0.25) / 4)
    assert found["R2"] == pytest.approx(1 - (0.01 + 1 + 0.0625) / ((z - z.mean()) ** 2).sum())


def test_views_are_the_eight_of_a_square() -> None:
    image = np.arange(9.0).reshape(1, 1, 3, 3)
    seen = {augment.turned(image, view).tobytes() for view in range(8)}
    assert seen == {
        np.ascontiguousarray(np.rot90(side, k, (2, 3))).tobytes()
        for side in (image, image[..., ::-1])
        for k in range(4)
    }
    many = augment.views(np.repeat(image, 400, axis=0), np.random.default_rng(1))
    found, counts = np.unique(many.reshape(400, 9), axis=0, return_counts=True)
    assert {each.reshape(1, 1, 3, 3).tobytes() for each in found} == seen
    assert counts.min() > 25


def test_jitter_is_drawn_from_errors_where_they_are_known() -> None:
    errors = np.tile([0.02, np.nan, -1.0, 9.0, 0.3], (20_000, 1))
    noise = augment.jittered(np.zeros((20_000, 5)), errors, 0.01, np.random.default_rng(1))
    assert np.allclose(noise.std(axis=0), [0.02, 0.01, 0.01, 0.01, 0.3], rtol=0.03)


def test_the_rate_rises_and_falls_to_nothing() -> None:
    rates = [optimisers.factor(step, 700, 1 / 7) for step in range(700)]
    assert rates[0] == pytest.approx(0.01)
    assert int(np.argmax(rates)) == 100
    assert rates[100] == 1
    assert rates[-1] < 1e-4
    assert all(a > b for a, b in pairwise(rates[100:]))
    assert validations(100, 10, 20) == set(range(10, 101, 10))
    assert validations(105, 1, 5) == {21, 42, 63, 84, 105}


@pytest.mark.parametrize(("size", "bands", "patch"), [(32, 5, 8), (20, 3, 10), (64, 4, 8), (28, 1, 7)])
def test_networks_fit_images(tmp_path: Path, size: int, bands: int, patch: int) -> None:
    survey = _survey(tmp_path, size, bands)
    shape = shape_for(survey, _options(network="tiny"))
    assert (shape.patch, shape.bands, shape.side * shape.patch) == (patch, bands, size)
    network = AstroMAE(shape).eval()
    assert network(torch.randn(2, bands, size, size), torch.randn(2, bands)).shape == (2, 1)
    loss = Autoencoder(network, 0.75)(torch.randn(2, bands, size, size), torch.randperm(shape.side**2).repeat(2, 1))
    assert torch.isfinite(loss)


def test_an_image_without_patches_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PhotozError, match="--image-size 24 takes their centre"):
        shape_for(_survey(tmp_path, 31, 5), _options())


def _survey(folder: Path, size: int, bands: int):  # noqa: ANN202
    columns = training_surveys.galaxies(4, size=size)
    with h5py.File(folder / f"{size}.h5", "w") as file:
        file["images"] = columns["images"][:, :bands]
        file["magnitudes"] = columns["magnitudes"][:, :bands]
        file["redshift"] = columns["redshift"]
    return open_survey([folder / f"{size}.h5"], Names())


def _weights(path: Path, bands: str, seed: int = 3) -> AstroMAE:
    torch.manual_seed(seed)
    network = AstroMAE(replace(NETWORKS["tiny"], bands=len(bands))).eval()
    # float16, as files have them.
    tensors = export.stored(network)
    attributes = {"bands": bands, "colour_range": np.array([[0.5, 1.5]] * (len(bands) - 1))}
    path.write_bytes(export.content(network, tensors, attributes))
    return export.rounded(network, tensors)


def test_weights_of_other_bands_go_on_as_if_new_bands_said_nothing(tmp_path: Path) -> None:
    """From u g r i z to z y g r i: with u as g + 1, and images without u, the redshifts are those of the start."""
    old = _weights(tmp_path / "old.h5", "ugriz")
    for name in ("patch_embed.proj.weight", "inception_model.conv2d_init.weight"):
        with h5py.File(tmp_path / "old.h5", "r+") as file:
            file[name][:, 0] = 0
            if "conv2d" in name:
                file["inception_model.vis_inception.0.weight"][:, 0] = 0
        old.get_parameter(name)[:, 0] = 0
    survey = _survey(tmp_path, 32, 5)
    start = begin(survey, _options(start=tmp_path / "old.h5"), ("z", "y", "g", "r", "i"))
    assert start.anew == ()
    assert start.is_fresh
    images, magnitudes = torch.randn(6, 5, 32, 32), 17 + torch.randn(6, 5)
    magnitudes[:, 0] = magnitudes[:, 1] + 1
    expected = old(images, magnitudes)
    zygri = [4, 0, 1, 2, 3]
    other_images, other_magnitudes = images[:, zygri].clone(), magnitudes[:, zygri].clone()
    other_images[:, 1], other_magnitudes[:, 1] = torch.randn(6, 32, 32), 30.0
    found = start.network.eval()(other_images, other_magnitudes)
    assert torch.allclose(found, expected, atol=1e-5)
    assert not torch.allclose(found[0], found[1], atol=1e-5)


def test_the_same_bands_go_on_as_they_are(tmp_path: Path) -> None:
    old = _weights(tmp_path / "old.h5", "ugriz")
    start = begin(_survey(tmp_path, 32, 5), _options(start=tmp_path / "old.h5"), tuple("ugriz"))
    assert (start.anew, start.is_fresh, start.is_raw) == ((), False, True)
    for name, tensor in old.state_dict().items():
        assert torch.equal(tensor, start.network.state_dict()[name]), name


def test_larger_images_say_what_begins_anew(tmp_path: Path) -> None:
    _weights(tmp_path / "old.h5", "ugriz")
    survey, options = _survey(tmp_path, 64, 5), _options(start=tmp_path / "old.h5")
    start = begin(survey, options, tuple("ugriz"))
    assert start.anew == ("inception_model.vis_inception.10.weight",)
    assert start.network.pos_embed.shape == (1, 65, 16)
    # What begins anew is behind the features of the image: the heads alone can learn it.
    heads = begin(survey, replace(options, only="heads"), tuple("ugriz")).network
    trained = {name for name, parameter in heads.named_parameters() if parameter.requires_grad}
    assert "inception_model.vis_inception.10.weight" in trained
    assert not any(name.startswith(("blocks", "patch_embed", "inception_model.vis_inception.2")) for name in trained)
    with pytest.raises(PhotozError, match="--only heads would leave layers"):
        begin(survey, replace(options, only="heads", patch=16), tuple("ugriz"))


def test_options_that_cannot_be_are_refused() -> None:
    for told, words in (
        ({"only": "heads"}, "--only heads needs --start"),
        ({"minutes": 3.0, "steps": 5}, "leave --steps out"),
        ({"validation": 1.5}, "--validation must lie between"),
        ({"batch_size": 0}, "--batch-size must be at least 1"),
        ({"output": Path("w.txt")}, "must end with .h5"),
    ):
        with pytest.raises(PhotozError, match=words) as refused:
            _options(**told)
        assert refused.value.code == 64
