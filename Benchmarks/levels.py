"""What holds engines to one instruction set, so that one processor stands for an older one too."""

from dataclasses import dataclass
from types import ModuleType

FREE_ENGINES = {
    "ONNX Runtime": "its kernels (MLAS) choose by the processor alone, and we know of no switch for them"
}


class Unheld(Exception):
    """This processor has not what a level asks for; the message says what it lacks."""


@dataclass(frozen=True)
class Level:
    """An instruction set, in the words of each library."""

    name: str
    """As photoz knows it (`--instruction-set`)."""
    flag: str
    """What /proc/cpuinfo calls it."""
    onednn: str
    """For the oneDNN of PyTorch, and for OpenVINO's own edition of it."""
    aten: str
    """For PyTorch's own kernels, which know two levels."""
    mkl: str
    """For the products that PyTorch leaves to MKL. On AMD's processors MKL takes AVX2 whatever this says."""
    openblas: str
    """For NumPy, which computes the first magnitude layer."""
    march: str
    """What the compiler may use behind torch.compile, which else takes all that the processor has."""
    vector_bits: int
    """Of torch.compile's own vector code."""
    beyond: tuple[str, ...]
    """What torch.compile must not find, by the names of PyTorch's tests for it."""
    beyond_kernels: tuple[str, ...]
    """Parts of names that OpenVINO gives to kernels above this level."""

    def environment(self) -> dict[str, str]:
        """Variables for the process of an engine; libraries read them once, when they are loaded."""
        return {
            "ONEDNN_MAX_CPU_ISA": self.onednn,
            "ATEN_CPU_CAPABILITY": self.aten,
            "MKL_ENABLE_INSTRUCTIONS": self.mkl,
            "OPENBLAS_CORETYPE": self.openblas,
        }

    def check(self, flags: list[str]) -> None:
        if self.flag not in flags:
            raise Unheld(f"This processor has no {self.flag}, which --level {self.name} stands for.")

    def is_named(self, title: str) -> bool:
        """Whether photoz means this level by the name that it reports, such as `AVX-512 VNNI`."""
        plain = str.maketrans("", "", "- ")
        return title.lower().translate(plain) == self.name.translate(plain)

    def hold_inductor(self, cpu: ModuleType, config: ModuleType) -> None:
        """Holds torch.compile, whose compiler would not follow the variables alone.

        `cpu` is torch.cpu and `config` torch._inductor.config.
        """
        config.cpp.simdlen = self.vector_bits
        config.cpp.march = self.march
        for test in self.beyond:
            if not hasattr(cpu, test):
                raise Unheld(
                    f"torch.cpu has no {test}: another version of PyTorch, which levels.py must learn."
                )
            setattr(cpu, test, lambda: False)

    def reason_free(self, engine: str, kernels: dict[str, int]) -> str | None:
        """Why an engine is not at this level, or not with all of its kernels; None when it is."""
        if engine in FREE_ENGINES:
            return FREE_ENGINES[engine]
        above = {name: n for name, n in kernels.items() if any(part in name for part in self.beyond_kernels)}
        if not above:
            return None
        listed = ", ".join(f"{n} {name}" for name, n in sorted(above.items()))
        return f"{sum(above.values())} of its {sum(kernels.values())} kernels are above the level ({listed})"


AMX = ("_is_amx_tile_supported",)
BF16 = ("_is_avx512_bf16_supported", *AMX)
VNNI = ("_is_vnni_supported", *BF16)


def avx512(name: str, flag: str, onednn: str, beyond: tuple[str, ...]) -> Level:
    """A level of 512 bits; only some libraries tell these apart."""
    return Level(
        name=name,
        flag=flag,
        onednn=onednn,
        aten="avx512",
        mkl="AVX512",
        openblas="SkylakeX",
        march="x86-64-v4",
        vector_bits=512,
        beyond=beyond,
        beyond_kernels=("amx",),
    )


AVX2 = Level(
    name="avx2",
    flag="avx2",
    onednn="AVX2",
    aten="avx2",
    mkl="AVX2",
    openblas="Haswell",
    march="x86-64-v3",
    vector_bits=256,
    beyond=("_is_avx512_supported", *VNNI),
    # MLAS, to which OpenVINO gives products in float32, takes AVX-512 wherever there is some.
    beyond_kernels=("avx512", "amx", "mlas"),
)

LEVELS = {
    level.name: level
    for level in (
        AVX2,
        avx512("avx512", "avx512f", "AVX512_CORE", VNNI),
        avx512("avx512-vnni", "avx512_vnni", "AVX512_CORE_VNNI", BF16),
        avx512("avx512-bf16", "avx512_bf16", "AVX512_CORE_BF16", AMX),
    )
}
