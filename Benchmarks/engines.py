"""One peer in a process of its own: builds the network for an engine, then times it or predicts as told.

Started by peers.py with a configuration (JSON) as its argument. Reads one JSON command a line, answers in
one line.
"""

import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from levels import LEVELS

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Python/src"))

from photoz.training import astromae  # it stands in Python/src

GALAXIES = astromae.ROOT / "Data/mock-galaxies.h5"
WARM_UP_SECONDS = 1.0

Predict = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass
class Engine:
    """`submit` may come back before the work is done, for engines that work on several batches at a time."""

    predict: Predict
    submit: Callable[[np.ndarray, np.ndarray], Any]
    drain: Callable[[], None] = lambda: None
    kernels: dict[str, int] = field(default_factory=dict)
    """How many of each kernel the engine says it uses, where it does."""


@dataclass(frozen=True)
class Settings:
    engine: str
    precision: str
    mode: str
    batch: int
    threads: int
    level: str | None = None
    """A name of levels.py; variables alone do not hold torch.compile to it."""


class AfterFirst(nn.Module):
    """What low precision is good for: the network behind the first magnitude layer."""

    def __init__(self, model: astromae.AstroMAE) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor, hidden: Tensor) -> Tensor:
        return self.model.after_first(image, hidden)


def first_layer(model: astromae.AstroMAE) -> Callable[[np.ndarray], np.ndarray]:
    """The first magnitude layer in float32, for engines that have no switch to keep one layer exact."""
    layer = model.inception_model.magnitude_block[0]
    weight, bias = np.ascontiguousarray(layer.weight.numpy().T), layer.bias.numpy()
    return lambda magnitude: magnitude @ weight + bias


def synchronous(predict: Predict) -> Engine:
    return Engine(predict, predict)


def sample(settings: Settings, model: astromae.AstroMAE) -> tuple[nn.Module, tuple[Tensor, Tensor]]:
    """The module that an engine gets, and inputs of the right shapes to trace it with."""
    image, magnitude = (torch.from_numpy(array[: settings.batch]) for array in astromae.galaxies(GALAXIES))
    if settings.precision == "f32":
        return model, (image, magnitude)
    return AfterFirst(model), (image, model.inception_model.magnitude_block[0](magnitude))


def pytorch(settings: Settings) -> Engine:
    kind = {"f64": torch.float64, "f32": torch.float32, "bf16": torch.bfloat16}[settings.precision]
    model = astromae.load()
    if settings.precision == "f64":
        model = model.double()
        return synchronous(
            lambda i, m: model(torch.from_numpy(i).to(kind), torch.from_numpy(m).to(kind)).numpy()
        )
    network, example = sample(settings, model)
    first = first_layer(model) if settings.precision != "f32" else lambda magnitude: magnitude
    network = optimised(network.to(kind), tuple(x.to(kind) for x in example), settings)

    def predict(image: np.ndarray, magnitude: np.ndarray) -> np.ndarray:
        inputs = (torch.from_numpy(x).to(kind) for x in (image, first(magnitude)))
        return network(*inputs).float().numpy()

    return synchronous(predict)


def optimised(network: nn.Module, example: tuple[Tensor, ...], settings: Settings) -> Callable[..., Tensor]:
    if settings.mode == "compile":
        from torch._inductor import config

        config.freezing = True
        if settings.level:
            LEVELS[settings.level].hold_inductor(torch.cpu, config)
        return torch.compile(network, dynamic=False)
    if settings.mode == "script":
        return torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(network, example)))
    return network


def onnxruntime(settings: Settings) -> Engine:
    import onnxruntime as ort
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = astromae.load()
    first = first_layer(model) if settings.precision == "int8" else lambda magnitude: magnitude
    network, example = sample(settings, model)
    options = ort.SessionOptions()
    options.intra_op_num_threads = settings.threads
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    with tempfile.TemporaryDirectory() as folder:
        path, quantised = f"{folder}/network.onnx", f"{folder}/int8.onnx"
        # From version 23 on attention is one operator, which ONNX Runtime computes faster than its parts.
        torch.onnx.export(network, example, path, dynamo=True, opset_version=23, external_data=False)
        if settings.precision == "int8":
            kinds = ["MatMul", "Gemm"]  # its own choice includes attention, which it then cannot run
            quantize_dynamic(path, quantised, kinds, weight_type=QuantType.QInt8, per_channel=True)
            path = quantised
        session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]

    def predict(image: np.ndarray, magnitude: np.ndarray) -> np.ndarray:
        return session.run(None, dict(zip(names, (image, first(magnitude)), strict=True)))[0]

    return synchronous(predict)


def openvino(settings: Settings) -> Engine:
    import openvino as ov

    model = astromae.load()
    first = first_layer(model) if settings.precision != "f32" else lambda magnitude: magnitude
    network, example = sample(settings, model)
    graph = ov.convert_model(network, example_input=example, input=[list(x.shape) for x in example])
    if settings.precision == "int8":
        graph = quantised_graph(graph, first, settings.batch)
    streams = settings.threads if settings.mode == "throughput" else 1
    compiled = ov.Core().compile_model(
        graph,
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": "bf16" if settings.precision == "bf16" else "f32",
            "PERFORMANCE_HINT": settings.mode.upper(),
            "NUM_STREAMS": streams,
            "INFERENCE_NUM_THREADS": settings.threads,
        },
    )
    queue = ov.AsyncInferQueue(compiled, streams)
    return Engine(
        lambda image, magnitude: compiled([image, first(magnitude)])[0],
        lambda image, magnitude: queue.start_async([image, first(magnitude)]),
        queue.wait_all,
        kernels_of(compiled),
    )


def kernels_of(compiled: Any) -> dict[str, int]:
    """The kernels of OpenVINO's final graph; what only passes numbers on has none (`unknown`)."""
    operations = compiled.get_runtime_model().get_ops()
    names = (operation.get_rt_info()["primitiveType"].astype(str) for operation in operations)
    return dict(Counter(name for name in names if not name.startswith("unknown")))


def quantised_graph(graph: Any, first: Callable[[np.ndarray], np.ndarray], batch: int) -> Any:
    """OpenVINO's own way to int8, with the settings for transformers.

    Calibrated on the very galaxies that its accuracy is taken on, which is more than it would get in use.
    """
    import nncf

    inputs = [(image, first(magnitude)) for image, magnitude in batches(GALAXIES, batch)]
    data = nncf.Dataset(inputs)
    return nncf.quantize(graph, data, model_type=nncf.ModelType.TRANSFORMER, subset_size=len(inputs))


ENGINES = {"PyTorch": pytorch, "ONNX Runtime": onnxruntime, "OpenVINO": openvino}


def batches(path: Path, size: int) -> list[tuple[np.ndarray, np.ndarray]]:
    images, magnitudes = astromae.galaxies(path)
    return [(images[i : i + size], magnitudes[i : i + size]) for i in range(0, len(images), size)]


def timed(engine: Engine, inputs: list[tuple[np.ndarray, np.ndarray]], seconds: float) -> dict[str, float]:
    start = time.perf_counter()
    galaxies = 0
    while time.perf_counter() - start < seconds:
        for image, magnitude in inputs:
            engine.submit(image, magnitude)
            galaxies += len(image)
            if time.perf_counter() - start >= seconds:
                break
    engine.drain()
    return {"galaxies": galaxies, "seconds": time.perf_counter() - start}


def redshifts(engine: Engine, inputs: list[tuple[np.ndarray, np.ndarray]]) -> list[float]:
    return [float(z) for batch in inputs for z in engine.predict(*batch)[:, 0]]


def main() -> None:
    # Libraries print as they please; the answers have the standard output for themselves.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    settings = Settings(**json.loads(sys.argv[1]))
    torch.set_num_threads(settings.threads)
    torch.set_grad_enabled(False)
    engine = ENGINES[settings.engine](settings)
    inputs = batches(GALAXIES, settings.batch)
    timed(engine, inputs, WARM_UP_SECONDS)
    print(json.dumps({"kernels": engine.kernels}), file=answers, flush=True)
    for line in sys.stdin:
        seconds = json.loads(line).get("seconds")
        answer = redshifts(engine, inputs) if seconds is None else timed(engine, inputs, seconds)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
