"""Which galaxies are validated on: by a hash of what they are called, never by where they stand."""

import hashlib

import numpy as np

from photoz.training.data.partitions import Array

GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio


def hashes_of_ids(ids: Array) -> Array:
    """A number in [0, 1) for each identifier, [N]: the same wherever and in whatever type a galaxy is stored."""
    if ids.dtype.kind in "iub":
        return _fraction(_mixed(ids.astype("u8" if ids.dtype.kind == "u" else "i8").view("u8")))
    texts = [each if isinstance(each, bytes) else str(each).encode("utf-8", "surrogateescape") for each in ids.tolist()]
    return _hashed(texts)


def hashes_of_rows(name: str, rows: int) -> Array:
    """The same for galaxies without identifiers, from the file's name and their rows."""
    return _hashed([f"{name}:{row}".encode() for row in range(rows)])


def _hashed(texts: list[bytes]) -> Array:
    # Texts of a fixed length end with zeros, which are no part of them.
    digests = b"".join(hashlib.blake2b(text.rstrip(b"\0"), digest_size=8).digest() for text in texts)
    return _fraction(np.frombuffer(digests, "<u8"))


def _mixed(values: Array) -> Array:
    """SplitMix64: neighbouring numbers become numbers that have nothing in common."""
    with np.errstate(over="ignore"):
        return mixed(values + GOLDEN)


def mixed(values: Array) -> Array:
    """The last step of SplitMix64 (Steele, Lea, Flood 2014): each bit of 64-bit numbers [N] changes half of all."""
    with np.errstate(over="ignore"):
        x = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(x ^ (x >> np.uint64(31)))


def _fraction(values: Array) -> Array:
    return np.asarray((values >> np.uint64(11)).astype("f8") / 2.0**53)
