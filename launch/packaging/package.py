# Copyright 2026 The photoz authors.
# SPDX-License-Identifier: Apache-2.0
# Spack's names all come from one import.
# ruff: noqa: F403, F405
"""photoz for Spack: installs the tarball of a release.

Put this file in packages/photoz/ of a repository of recipes, and the tarballs in one folder, whose address is
PHOTOZ_RELEASES (file:///... or https://...). Checksums are in SHA256SUMS beside the tarballs: write them below, or
install with `spack install --no-checksum photoz`. Not tried: there was no Spack.
"""

import os

from spack.package import *


class Photoz(Package):
    """Photometric redshifts for image surveys, on MPI: predicts the redshift of each galaxy from its image and
    magnitudes, with the AstroMAE network, on as many cores and hosts as there are."""

    homepage = "https://arxiv.org/abs/2409.01825"
    url = "file:///releases/photoz-0.2.0-linux-x86_64-openmpi4.tar.gz"

    license("Apache-2.0")

    # A tarball for each family of MPI, since their libraries do not go with each other.
    version("0.2.0-openmpi4", preferred=True)
    version("0.2.0-mpich4")

    # Both: the names of one requires() are alternatives.
    requires("platform=linux")
    requires("target=x86_64:")
    depends_on("openmpi@4:5", type=("build", "run"), when="@0.2.0-openmpi4")
    depends_on("mpich@4:", type=("build", "run"), when="@0.2.0-mpich4")
    depends_on("openssl@3:", type=("build", "run"))
    depends_on("zlib-api", type=("build", "run"))

    def url_for_version(self, version):
        """The tarball's address; a version is the release and the MPI."""
        release, mpi = str(version).split("-")
        folder = os.environ.get("PHOTOZ_RELEASES", "file:///releases").rstrip("/")
        return f"{folder}/photoz-{release}-linux-x86_64-{mpi}.tar.gz"

    def install(self, spec, prefix):
        """The tarball has the folders of a prefix. Debian, where it is made, has another name for MPICH's library."""
        install_tree(".", prefix)
        if spec.satisfies("^mpich"):
            mkdirp(prefix.lib)
            symlink(join_path(spec["mpich"].prefix.lib, "libmpi.so.12"), join_path(prefix.lib, "libmpich.so.12"))

    def setup_run_environment(self, env):
        """The program holds no paths of libraries."""
        for name in ("mpi", "openssl", "zlib-api"):
            for directory in self.spec[name].libs.directories:
                env.prepend_path("LD_LIBRARY_PATH", directory)
        if self.spec.satisfies("^mpich"):
            env.prepend_path("LD_LIBRARY_PATH", self.prefix.lib)

    @run_after("install")
    @on_package_attributes(run_tests=True)
    def selftest(self):
        """Compares redshifts of 32 galaxies with those of the published network."""
        Executable(self.prefix.bin.photoz)("selftest")
