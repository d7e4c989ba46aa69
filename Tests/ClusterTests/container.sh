#!/bin/sh
# Makes the root file system of a container that launch/photoz.def describes, out of this machine's own copies of the same
# packages: their files, those of all packages that they depend on, the files of the definition, and nothing else.
#
#   sh container.sh photoz.def FOLDER     in the project's folder
set -eu
definition=$1 root=$2
for folder in bin sbin lib lib64; do
    mkdir -p "$root/usr/$folder"
    ln -s "usr/$folder" "$root/$folder"
done
mkdir -p "$root/tmp" "$root/proc" "$root/sys" "$root/dev"
packages=$(sed -n 's/.*apt-get install .* --no-install-recommends //p' "$definition")
[ -n "$packages" ]
# shellcheck disable=SC2086
all=$(apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
    --no-enhances $packages | grep '^[a-z0-9]' | sort -u)
# shellcheck disable=SC2086
dpkg-query --listfiles $all | grep '^/' | grep -v '^/usr/share/\(doc\|man\|locale\)/' | sort -u |
    tar --create --no-recursion --files-from=- 2>/dev/null |
    tar --extract --keep-directory-symlink --directory "$root"
sed -n '/^%files/,/^$/s/^    //p' "$definition" | while read -r source target; do
    mkdir -p "$root/${target%/*}"
    cp "$source" "$root/$target"
done
