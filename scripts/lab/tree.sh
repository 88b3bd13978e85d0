# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What a kernel build tree tells of itself, and whether this machine can build
# modules in it.  Sourced; it changes nothing, and must not know where the tree
# comes from but for the file that scripts/lab/kernel leaves beside it.

# tree_release KDIR: what uname -r says in the kernel it is for.
tree_release() {
	sed -n 's/^#define UTS_RELEASE "\(.*\)"$/\1/p' \
		"$1/include/generated/utsrelease.h" 2>/dev/null || true
}

# tree_compiler KDIR: the major number of the gcc a packaged tree asks for;
# nothing if it takes any.
tree_compiler() {
	sed -nE 's/^CC *:?= .*gcc-([0-9]+)$/\1/p' "$1/.kernelvariables" 2>/dev/null || true
}

# tree_builds_here KDIR: whether its compiler is there, and its tools, which
# need the C library of their suite, find their libraries.
tree_builds_here() {
	local compiler tool

	compiler=$(tree_compiler "$1")
	if [[ -n $compiler ]] && ! command -v "gcc-$compiler" >/dev/null &&
		! command -v "x86_64-linux-gnu-gcc-$compiler" >/dev/null; then
		return 1
	fi
	for tool in "$1"/scripts/mod/modpost* "$1"/tools/objtool/objtool*; do
		[[ $tool != *' '* && -f $tool ]] || continue
		if LC_ALL=C ldd "$tool" 2>&1 | grep -q 'not found'; then
			return 1
		fi
	done
}

# tree_chroot KDIR: the suite in whose root the tree has to be used; nothing if
# this machine will do or its suite is not known.
tree_chroot() {
	local tree suite

	tree=$(readlink -f -- "$1")
	suite=$(cat -- "${tree%/usr/src/*}/suite" 2>/dev/null) || return 0
	tree_builds_here "$1" || printf '%s\n' "$suite"
}
