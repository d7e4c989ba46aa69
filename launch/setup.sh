# Set-up that every script of this folder shares; sourced, not run. POSIX shell, so that nothing but Swift is needed.
# shellcheck shell=sh disable=SC2034

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1

say() { printf '%s\n' "$*"; }
fail() {
    printf 'launch: %s\n' "$*" >&2
    exit 1
}

# Packages of Debian and Ubuntu: MPI and HDF5 with their headers, and what Swift needs to compile and link C.
build_packages="libhdf5-dev libssl-dev zlib1g-dev pkg-config git g++"
# Those of an MPI, by its name for pkg-config.
mpi_packages() {
    case $1 in
    mpich) echo libmpich-dev mpich ;;
    ompi-c) echo libopenmpi-dev openmpi-bin ;;
    esac
}
# MPICH where PHOTOZ_MPI or the launcher that is there asks for it, else Open MPI.
if [ -z "${PHOTOZ_MPI:-}" ] && mpirun --version 2>/dev/null | grep -q HYDRA; then export PHOTOZ_MPI=mpich; fi
packages="$build_packages $(mpi_packages "${PHOTOZ_MPI:-ompi-c}")"
# What the tests need beside: two hosts and a Slurm on one machine, containers; an emulator and a C library for the kernels
# of 64-bit Arm; an environment for the Python package; and what checks packages, manual and scripts.
test_packages="slurm-wlm slurmctld slurmd slurm-client munge iproute2 procps bubblewrap python3-venv \
    dpkg-dev lintian mandoc shellcheck"
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
    grep -q '^ID=debian' /etc/os-release 2>/dev/null ||
        fail "the tests need Chromium or Chrome: install one, or set CHROMIUM to its path."
    require_packages chromium
}

# Whether there is a Swift that this package can be built with; if not, $swift_lack says what is wrong. A Swift that cannot
# start, for a library that is missing, says so itself.
has_swift() {
    swift_lack=
    if ! command -v swift >/dev/null 2>&1; then
        swift_lack="no 'swift' on the PATH"
    elif ! about=$(swift --version 2>&1); then
        swift_lack="'swift' does not start: $(printf '%s\n' "$about" | tail -n 1)"
    else
        version=$(printf '%s\n' "$about" | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -n 1)
        # shellcheck disable=SC2086
        set -- $version
        if [ "${1:-0}" -lt 6 ] || { [ "$1" -eq 6 ] && [ "$2" -lt 2 ]; }; then
            swift_lack="Swift ${1:-?}.${2:-?} is too old (Debian 13 has 6.0)"
        fi
    fi
    [ -z "$swift_lack" ]
}

swift_advice="Swift 6.2 or newer is needed to build: launch/smoke --install-swift, or by hand, https://www.swift.org/install/linux/ (swiftly, or a tarball)."

require_swift() { has_swift || fail "$swift_lack. $swift_advice"; }

# Looks in dist/ for a tarball of launch/package that starts here, and unpacks it in .build-packed: $packed is the tarball,
# $unpacked its folder and $photoz its program. If there is none, $packed_lack says why. Tarballs are for one family of MPI:
# that of the mpirun that is there; without one, either will do, since the libraries of MPI come with its launcher.
take_packed() {
    families="openmpi mpich"
    if command -v mpirun >/dev/null 2>&1; then
        families=openmpi
        if mpirun --version 2>&1 | grep -q HYDRA; then families=mpich; fi
    fi
    packed_lack=
    for family in $families; do
        launcher=openmpi-bin
        [ "$family" = openmpi ] || launcher=$family
        # The newest version first.
        for packed in $(printf '%s\n' dist/photoz-*-linux-"$(uname -m)-$family"*.tar.gz | sort -rV); do
            [ -e "$packed" ] || continue
            if starts_packed; then return 0; fi
            packed_lack="${packed_lack:+$packed_lack; }$packed does not start here ($reason)"
        done
    done
    packed_lack=${packed_lack:-"dist/ holds no tarball of launch/package for this machine and its MPI ($families)"}
    return 1
}

# Unpacks $packed and starts its program; installs $launcher where there is no mpirun. If it does not start, $reason says why.
starts_packed() {
    rm -rf .build-packed
    mkdir .build-packed
    if ! reason=$(tar --extract --gzip --file "$packed" --directory .build-packed 2>&1); then
        reason="it cannot be unpacked: $(printf '%s\n' "$reason" | sed -n '/./{p;q;}')"
        return 1
    fi
    name=${packed##*/}
    unpacked="$root/.build-packed/${name%.tar.gz}"
    photoz="$unpacked/bin/photoz"
    if ! command -v mpirun >/dev/null 2>&1; then
        if command -v dpkg-query >/dev/null 2>&1; then require_packages "$launcher"; fi
        reason="there is no mpirun"
        command -v mpirun >/dev/null 2>&1 || return 1
    fi
    code=0
    # What it says tells why it ends, if it does.
    reason=$("$photoz" --version 2>&1 >/dev/null) || code=$?
    [ "$code" -ne 0 ] || return 0
    reason="exit code $code$(printf '%s\n' "$reason" | sed -n '/./{s/^/: /p;q;}')"
    return 1
}

# Sets PHOTOZ_MPI, the name under which pkg-config knows the MPI to build with, unless it is set.
require_mpi() {
    tried=
    for name in ${PHOTOZ_MPI:-ompi-c mpich cray-mpich impi}; do
        if reason=$(pkg-config --exists --print-errors "$name" 2>&1); then
            export PHOTOZ_MPI="$name"
            return 0
        fi
        tried="$tried
  $name: $(printf '%s\n' "$reason" | head -n 1)"
    done
    fail "pkg-config knows no MPI to build with; set PHOTOZ_MPI to its name there, and PKG_CONFIG_PATH to the folder of its .pc file. Tried:$tried"
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
                fail "no '$tool', and this is not Debian or Ubuntu: install Open MPI or MPICH, serial HDF5, OpenSSL (with headers), pkg-config and git."
        done
        pkg-config --exists hdf5-serial libcrypto ||
            fail "pkg-config does not know 'hdf5-serial' and 'libcrypto': install the headers of serial HDF5 and OpenSSL, or set PKG_CONFIG_PATH."
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

# Sets $shipped, the folder in which the program as it is shipped is built, one for each MPI that PHOTOZ_MPI names to
# pkg-config, and $photoz, the program there. After require_mpi, which may set PHOTOZ_MPI.
find_shipped() {
    shipped=.build-static
    [ "${PHOTOZ_MPI:-ompi-c}" = ompi-c ] || shipped=.build-static-$PHOTOZ_MPI
    photoz="$root/$shipped/release/photoz"
}

# Prepares a folder with a pkg-config file by which HDF5, and the szip that it uses, are linked as archives; prints nothing
# and does nothing where the archives are missing or need more than zlib. The program then asks a machine for no HDF5.
static_hdf5() {
    folder="$root/$shipped/static-hdf5"
    rm -rf "$folder"
    mkdir -p "$folder"
    for flag in $(pkg-config --libs-only-L hdf5-serial) -L"$(cc -print-file-name=libsz.a | sed 's#/libsz.a$##')"; do
        for name in hdf5 sz aec; do
            # By names that no shared library has.
            link="$folder/libphotoz-$name.a"
            [ -e "$link" ] || [ ! -e "${flag#-L}/lib$name.a" ] || ln -s "${flag#-L}/lib$name.a" "$link"
        done
    done
    libraries="-L$folder -lphotoz-hdf5 -lphotoz-sz -lphotoz-aec"
    cflags=$(pkg-config --cflags hdf5-serial)
    # Some builds of HDF5 want a parallel file system, Amazon's S3 or a Java: then this fails.
    # shellcheck disable=SC2086
    printf '#include <hdf5.h>\nint main(void) { return H5open() || H5Fopen("", 0, 0) < 0; }\n' |
        cc -x c - $cflags $libraries -lz -lm -o "$folder/trial" 2>/dev/null || return 0
    printf 'Name: HDF5\nDescription: HDF5 as an archive\nVersion: %s\nCflags: %s\nLibs: %s\n' \
        "$(pkg-config --modversion hdf5-serial)" "$cflags" "$libraries" >"$folder/hdf5-serial.pc"
    export PKG_CONFIG_PATH="$folder${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
}

# Builds the program as it is shipped: one file with the Swift runtime and HDF5 linked in, symbols removed, functions that
# are the same kept once, so are the ends of texts (-O2), and none offered to libraries, since none asks (1.5 MB). It looks for libraries where the system
# does, not beside itself.
build_photoz() {
    find_shipped
    (
        static_hdf5
        swift build -c release --product photoz --static-swift-stdlib --scratch-path "$shipped" \
            --disable-local-rpath -Xlinker -s -Xlinker --icf=safe -Xlinker -O2 -Xlinker --no-export-dynamic -Xlinker --as-needed
    )
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
