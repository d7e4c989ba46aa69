# Set-up that every script of this folder shares; sourced, not run. POSIX shell, so that nothing but Swift is needed.

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

say() { printf '%s\n' "$*"; }
fail() {
    printf 'launch: %s\n' "$*" >&2
    exit 1
}

# Packages of Debian and Ubuntu: MPI and HDF5 with their headers, and what Swift needs to compile and link C.
packages="libopenmpi-dev openmpi-bin libhdf5-dev libssl-dev zlib1g-dev pkg-config git g++"
# What the tests need beside: two hosts and a Slurm on one machine, containers; an emulator and a C library for the kernels
# of 64-bit Arm; and an environment for the Python package.
test_packages="slurm-wlm slurmctld slurmd slurm-client munge iproute2 procps bubblewrap python3-venv"
[ "$(uname -m)" = aarch64 ] || test_packages="$test_packages qemu-user libc6-dev-arm64-cross"

# The tests look at reports in a browser: Debian's Chromium, or another one that CHROMIUM names.
require_browser() {
    [ -z "${CHROMIUM:-}" ] || return 0
    for browser in chromium google-chrome chromium-browser; do
        if command -v "$browser" >/dev/null 2>&1; then
            export CHROMIUM="$browser"
            return 0
        fi
    done
    [ -r /etc/os-release ] && grep -q '^ID=debian' /etc/os-release ||
        fail "the tests need Chromium or Chrome: install one, or set CHROMIUM to its path."
    require_packages chromium
}

require_swift() {
    command -v swift >/dev/null 2>&1 ||
        fail "no 'swift' on the PATH. Install Swift 6.2 or newer from https://www.swift.org/install/linux/ and try again."
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -n 1)
    # shellcheck disable=SC2086
    set -- $version
    if [ "${1:-0}" -lt 6 ] || { [ "$1" -eq 6 ] && [ "$2" -lt 2 ]; }; then
        fail "Swift ${1:-?}.${2:-?} is too old; Swift 6.2 or newer is needed."
    fi
}

missing_packages() {
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || printf '%s ' "$package"
    done
}

# Installs the packages given that are missing; says plainly what is missing when it cannot.
require_packages() {
    if ! command -v dpkg-query >/dev/null 2>&1; then
        for tool in mpirun pkg-config git; do
            command -v "$tool" >/dev/null 2>&1 ||
                fail "no '$tool', and this is not Debian or Ubuntu: install Open MPI, serial HDF5 (both with headers), pkg-config and git."
        done
        pkg-config --exists ompi-c hdf5-serial ||
            fail "pkg-config does not know 'ompi-c' and 'hdf5-serial': install the headers of Open MPI and serial HDF5, or set PKG_CONFIG_PATH."
        return
    fi
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 ||
            fail "these packages are missing and there is no sudo to install them: $missing. As root: apt-get install $missing"
        as_root=sudo
    fi
    say "Installing $missing..."
    log=$(mktemp)
    # shellcheck disable=SC2086
    if ! { $as_root apt-get update && $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        fail "these packages could not be installed: $missing. The end of apt-get's output is above, all of it in $log."
    fi
    rm -f "$log"
}

# Builds the program as it is shipped: one file with the Swift runtime linked in, symbols removed, functions that are the
# same kept once, and none offered to libraries, since none asks (1.5 MB).
build_photoz() {
    swift build -c release --product photoz --static-swift-stdlib --scratch-path .build-static \
        -Xlinker -s -Xlinker --icf=safe -Xlinker --no-export-dynamic
    photoz="$root/.build-static/release/photoz"
}

# mpirun refuses root, and more ranks than cores, without being told; Open MPI 4 and 5 have different names for both. The
# third setting: see slurm.sbatch.
allow_ranks() {
    export PMIX_MCA_gds="${PMIX_MCA_gds:-hash}"
    export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
    if [ "$(id -u)" -eq 0 ]; then
        export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
        export PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
    fi
}
