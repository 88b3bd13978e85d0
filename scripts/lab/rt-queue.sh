# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The real-time patches of a Debian kernel whose own source is not real-time
# yet (6.1): linux-source has them not, the source package has.  Sourced by
# lab/debug-kernel, which has set suite, series, source_version, tree and work,
# and has unpack_source; how the kernel is built is not known here.
# shellcheck disable=SC2154

# rt_queue VERSION DIR: the real-time patches of that source package version.
rt_queue() {
	mkdir "$2"
	(
		cd "$2" || exit
		"$LAB_DIR/apt" --suite "$suite" --source -- apt-get -qq source \
			--diff-only --download-only "linux=$1" >/dev/null 2>&1 </dev/null
		tar -xJf linux_*.debian.tar.xz debian/patches-rt
	) 2>/dev/null
}

# apply_queue DIR: false if a hunk fails.
apply_queue() {
	local patch

	while read -r patch; do
		[[ $patch == [!#]* ]] || continue
		patch -d "$tree" -p1 --forward --batch --silent \
			<"$1/debian/patches-rt/$patch" >"$work/patch.log" 2>&1 || {
			note "$patch does not apply: $(tail -n 1 "$work/patch.log")"
			return 1
		}
	done <"$1/debian/patches-rt/series"
}

# add_rt_queue: the newest patch queue that the archive has and that applies.
# The archive may lack the newest one, and a queue that is a little older than
# the source usually fits.
add_rt_queue() {
	local version versions dir

	versions=$("$LAB_DIR/apt" --suite "$suite" --source -- apt-cache showsrc --only-source linux |
		sed -n "s/^Version: \($series\..*\)/\1/p" | sort -rVu)
	for version in $versions; do
		dir=$work/queue-$version
		rt_queue "$version" "$dir" || { note "the archive lacks the patches of linux $version, trying older ones"; continue; }
		note "applying the real-time patches of linux $version"
		if apply_queue "$dir"; then
			printf '%s\n' "$version" >"$tree/.rt-version"
			return
		fi
		unpack_source
	done
	die "no real-time patch queue in $suite applies to linux-source-$series $source_version"
}
