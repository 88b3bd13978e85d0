# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# How files get into a guest: copied into a staging directory under the path
# they have on the host, programs with the libraries they load, and packed
# into a cpio archive that is the same, byte for byte, whenever the files are
# (repeatable runs under icount depend on it).  Sourced by what builds layers;
# it must not know which files a guest needs.

# The one date all files in a guest have.
IMAGE_DATE='2024-01-01 00:00:00 UTC'

# stage_as DIR PATH FILE: copy FILE, following links, to PATH in the guest.
stage_as() {
	mkdir -p -- "$1${2%/*}"
	cp -L --preserve=mode -- "$3" "$1$2"
}

# stage_file DIR FILE...: copy files to the paths they have here.  Where a
# directory of the path is a link (/lib), the file goes where that leads.
stage_file() {
	local root=$1 file dir

	shift
	for file; do
		dir=$(readlink -f -- "${file%/*}/")
		[[ -e $root$dir/${file##*/} ]] || stage_as "$root" "$dir/${file##*/}" "$file"
	done
}

# libraries_of FILE...: the absolute paths of what the dynamic loader would
# load for these files.  Files that are no dynamic executables add nothing.
libraries_of() {
	{ ldd "$@" 2>/dev/null || true; } |
		sed -nE 's#^\t(.* => )?(/[^ ]+) \(0x.*#\2#p' | LC_ALL=C sort -u
}

# stage_libraries DIR FILE...
stage_libraries() {
	local root=$1 libraries

	shift
	(($#)) || return 0
	mapfile -t libraries < <(libraries_of "$@")
	stage_file "$root" "${libraries[@]}"
}

# pack DIR FILE: the staging directory as an archive that the kernel unpacks.
pack() {
	find "$1" -exec touch -h -d "$IMAGE_DATE" {} +
	(cd "$1" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
		cpio --null -o -H newc --reproducible -R 0:0 --quiet) >"$2"
}
