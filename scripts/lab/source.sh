# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Finds and fetches the packaged source of a kernel series: the newest
# linux-source package that the archive really has, or, without a network, the
# one in the cache.  Sourced by a script that has set suite and cache; what is
# done with the source is not known here.
# shellcheck disable=SC2154

# source_versions SERIES: versions of the package, newest first.
source_versions() {
	"$LAB_DIR/apt" --suite "$suite" -- apt-cache madison "linux-source-$1" |
		awk '{ print $3 }' | sort -rVu
}

# newest_series SERIES: the series itself, or, of a bare major version, the
# newest that the archive has, or the cache without a network.
newest_series() {
	local newest=$1

	if [[ $newest != *.* ]]; then
		newest=$({
			"$LAB_DIR/apt" --suite "$suite" -- apt-cache pkgnames "linux-source-$1." ||
				find "$cache/dl" -maxdepth 1 -name "linux-source-$1.*_all.deb" -printf '%f\n'
		} | sed -nE 's/^linux-source-([0-9]+\.[0-9]+)(_.*)?$/\1/p' | sort -V | tail -n 1)
	fi
	[[ -n $newest ]] && printf '%s\n' "$newest"
}

# cached_source SERIES: the newest package file in the cache.
cached_source() {
	find "$cache/dl" -maxdepth 1 -name "linux-source-$1_*_all.deb" | sort -V | tail -n 1
}

# find_source SERIES: set source_deb and source_version, downloading the
# package if need be; fails without a word on stdout.
find_source() {
	local series=$1 version file

	source_deb='' source_version=''
	mkdir -p "$cache/dl"
	for version in $(source_versions "$series" || true); do
		file=$cache/dl/linux-source-${series}_${version/:/%3a}_all.deb
		if [[ ! -f $file ]]; then
			note "downloading linux-source-$series ($version)"
			download_source "linux-source-$series=$version" "$file" || continue
		fi
		source_deb=$file
		find "$cache/dl" -maxdepth 1 -name "linux-source-${series}_*_all.deb" ! -path "$file" -delete
		break
	done
	if [[ -z $source_deb ]]; then
		source_deb=$(cached_source "$series")
		[[ -n $source_deb ]] || return 1
		warn "cannot look for a newer linux-source-$series, using the cached one"
	fi
	source_version=${source_deb#*_}
	source_version=${source_version%_all.deb}
}

# download_source PACKAGE=VERSION FILE: all or nothing.
download_source() {
	local dir

	dir=$(mktemp -d "$cache/dl/.new-XXXXXX")
	if (cd "$dir" && "$LAB_DIR/apt" --suite "$suite" -- apt-get -qq download "$1" >&2 </dev/null); then
		mv -- "$dir"/*.deb "$2"
		rmdir "$dir"
	else
		rm -rf -- "$dir"
		return 1
	fi
}

# source_tar SERIES: the source as an uncompressed tar stream.
source_tar() {
	dpkg-deb --fsys-tarfile "$source_deb" |
		tar -xO --wildcards "./usr/src/linux-source-$1.tar.xz" | xz -dcT0
}
