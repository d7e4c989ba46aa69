#!/bin/sh
# Makes the root file system of a container that launch/photoz.def describes, out of this machine's own copies of the
# packages that the .deb depends on: their files, those of all packages that they depend on, those of the .deb, and nothing
# else.
#
#   sh container.sh PACKAGE.deb FOLDER
set -eu
deb=$1 root=$2
for folder in bin sbin lib lib64; do
    mkdir -p "$root/usr/$folder"
    ln -s "usr/$folder" "$root/$folder"
done
mkdir -p "$root/tmp" "$root/proc" "$root/sys" "$root/dev"
# Of alternatives the one that is here.
packages=$(dpkg-deb --field "$deb" Depends | tr ',' '\n' | sed 's/([^)]*)//g' | while read -r alternatives; do
    found=
    for package in $(echo "$alternatives" | tr '|' ' '); do
        dpkg-query --show "$package" >/dev/null 2>&1 && found=$package && break
    done
    echo "${found:-$alternatives}"
done)
[ -n "$packages" ]
# shellcheck disable=SC2086
all=$(apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
    --no-enhances $packages | grep '^[a-z0-9]' | sort -u)
# shellcheck disable=SC2086
dpkg-query --listfiles $all | grep '^/' | grep -v '^/usr/share/\(doc\|man\|locale\)/' | sort -u |
    tar --create --no-recursion --files-from=- 2>/dev/null |
    tar --extract --keep-directory-symlink --directory "$root"
dpkg-deb --extract "$deb" "$root"
