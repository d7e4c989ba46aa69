"""What goes wrong: message, exit code, and nothing half-written."""

import resource
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
from conftest import WEIGHTS, Mock, command, made_up, write_frames

from photoz.commands import main


def ended(*arguments: object) -> tuple[int, str]:
    """Exit code and message of a command, in this process."""
    said = StringIO()
    with redirect_stderr(said), redirect_stdout(StringIO()):
        code = main([str(argument) for argument in arguments])
    return code, said.getvalue()


def ended_alone(*arguments: object, limit: int = resource.RLIM_INFINITY) -> tuple[int, str]:
    """The same in a process of its own; `limit` is the largest file, bytes, that it may write."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(command(*arguments), capture_output=True, text=True, preexec_fn=limited)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr


def test_frames_end_with_a_message_and_their_exit_code(mock: Mock, tmp_path: Path) -> None:
    frames = write_frames(mock, tmp_path / "frames", galaxies=8, tiles=2)
    base = ["partitions", frames.catalogue, "--images", frames.pattern, "--weights", WEIGHTS]
    base += ["--output", tmp_path / "survey", "--quiet"]
    unit = ["--flux-unit", "nanomaggies"]
    code, text = ended(*base)
    assert code == 64
    assert "does not say its unit (BUNIT): say --flux-unit" in text
    code, text = ended(*base, *unit, "--bands", "ugrizq")
    assert (code, "unknown band q: the weights take the bands u,g,r,i,z" in text) == (64, True)
    code, text = ended(*base, *unit, "--image-bands", "ugy")
    assert (code, "unknown band y" in text) == (64, True)
    code, text = ended(*base, *unit, "--columns", "redshift=ZSPEC")
    assert code == 65
    assert "no column ZSPEC for redshift; the nearest names are Z_SPEC" in text
    code, text = ended(*base, "--flux-unit", "parsec")
    assert (code, "no unit of flux" in text) == (64, True)
    code, text = ended(*base, *unit, "--keep", "RAA")
    assert (code, "no column RAA for --keep" in text) == (65, True)
    code, text = ended("partitions", tmp_path / "none.fits", *base[2:])
    assert (code, "none.fits does not exist" in text) == (66, True)
    code, text = ended("partitions", frames.catalogue, "--output", tmp_path / "survey")
    assert (code, "say where the images are" in text) == (64, True)
    code, text = ended("partitions")
    assert code == 64
    _strip_wcs(tmp_path / "frames/frame-i-001.fits")
    code, text = ended(*base, *unit)
    assert code == 65
    assert "frame-i-001.fits" in text
    assert "has no WCS of the sky" in text
    (tmp_path / "frames/frame-i-001.fits").write_bytes(b"no FITS file")
    code, text = ended(*base, *unit)
    assert (code, "frame-i-001.fits is no FITS file" in text) == (65, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frames"]


def _strip_wcs(path: Path) -> None:
    from astropy.io import fits

    with fits.open(path, mode="update") as file:
        for name in ("CTYPE1", "CTYPE2"):
            del file[0].header[name]


def test_a_folder_that_holds_something_is_kept(mock: Mock, tmp_path: Path) -> None:
    frames = write_frames(mock, tmp_path / "frames", galaxies=8, tiles=2, header_unit=True)
    base = ["partitions", frames.catalogue, "--images", frames.pattern, "--weights", WEIGHTS, "--quiet", "--output"]
    assert ended(*base, tmp_path / "survey") == (0, "")
    before = (tmp_path / "survey/1.h5").stat().st_mtime_ns
    code, text = ended(*base, tmp_path / "survey")
    assert (code, "choose another folder, or --overwrite" in text) == (73, True)
    assert (tmp_path / "survey/1.h5").stat().st_mtime_ns == before
    assert ended(*base, tmp_path / "survey", "--overwrite") == (0, "")
    assert (tmp_path / "survey/1.h5").stat().st_mtime_ns > before
    (tmp_path / "survey/notes.txt").write_text("mine")
    code, text = ended(*base, tmp_path / "survey", "--overwrite")
    assert (code, "notes.txt, which this command has not written" in text) == (73, True)
    assert (tmp_path / "survey/notes.txt").read_text() == "mine"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_full_disk_leaves_nothing(mock: Mock, tmp_path: Path, processes: int) -> None:
    frames = write_frames(mock, tmp_path / "frames", galaxies=64, header_unit=True)
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", small], capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        base = ["partitions", frames.catalogue, "--images", frames.pattern, "--weights", WEIGHTS, "--quiet"]
        for size in (25, 0.3) if processes == 1 else (0.3,):
            code, text = ended_alone(
                *base, "--partition-mb", size, "--output", small / "survey", "--processes", processes
            )
            assert code == 74
            assert "no space left on the disk; nothing was written" in text
            assert not list(small.iterdir())
    finally:
        subprocess.run(["umount", small], check=True)


def test_an_export_ends_with_a_message_and_its_exit_code(tmp_path: Path) -> None:
    made_up(tmp_path / "results", 1000)
    code, text = ended("export", tmp_path / "results", tmp_path / "z.txt")
    assert (code, "the ending must be one of .fits, .parquet, .ecsv, .csv" in text) == (64, True)
    code, text = ended("export", tmp_path / "nothing", tmp_path / "z.fits")
    assert (code, "does not exist" in text) == (66, True)
    code, text = ended_alone("export", tmp_path / "results", tmp_path / "z.fits", limit=4000)
    assert code == 74
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    assert ended("export", tmp_path / "results", tmp_path / "z.fits", "--quiet") == (0, "")
    code, text = ended("export", tmp_path / "results", tmp_path / "z.fits")
    assert (code, "exists: choose another name, or --overwrite" in text) == (73, True)
    assert ended("export", tmp_path / "results", tmp_path / "z.fits", "--overwrite", "--quiet") == (0, "")
