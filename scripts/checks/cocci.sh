# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# coccicheck: the kernel's semantic patches in report mode over the module, as
# "make coccicheck M=kmod" would run them, without a whole kernel tree.

# What stays out; all else must be silent.  These two are written in OCaml,
# whose compiler is large: the first is about one battery driver, the second
# compares pointers with 0, which sparse finds here too.
COCCI_EXCEPT=(api/check_bq27xxx_data.cocci null/badzero.cocci)

# cocci_options FILE: the options that a script asks for in its head.
cocci_options() {
	sed -nE 's|^// Options: *||p' "$1"
}

# cocci_one SCRIPT: what one semantic patch says of the module; what spatch says
# of itself only when it fails.
cocci_one() {
	local script=$1 said options
	read -ra options < <(cocci_options "$script") || true
	said=$(mktemp)
	if ! timeout 120 spatch -D report --very-quiet --no-show-diff \
		--cocci-file "$script" "${options[@]}" --include-headers-for-types \
		-I kmod -I uapi --dir kmod 2>"$said"; then
		cat "$said"
		printf '%s: spatch failed\n' "$script"
	fi
	rm -f "$said"
}

# cocci_wanted TREE: the scripts to run, those with a report mode.
cocci_wanted() {
	local script except
	while read -r script; do
		for except in "${COCCI_EXCEPT[@]}"; do
			[[ $script != */"$except" ]] || continue 2
		done
		printf '%s\n' "$script"
	done < <(grep -lr --include='*.cocci' '^virtual report' "$1/scripts/coccinelle" | sort)
}

# coccicheck: silent, or the findings.
coccicheck() {
	local tree said
	tree=$(scripts/lab/kselftest-headers) || return 1
	(($(cocci_wanted "$tree" | wc -l) >= 50)) || { echo "too few semantic patches in $tree"; return 1; }
	export -f cocci_one cocci_options
	said=$(cocci_wanted "$tree" | xargs -P "$(nproc)" -I{} bash -c 'cocci_one {}')
	printf '%s\n' "$said"
	[[ -z $said ]]
}

# A planted mistake is found: a check that is silent about everything is none.
coccicheck_self_test() {
	local tree dir
	tree=$(scripts/lab/kselftest-headers) || return 1
	dir=$(mktemp -d)
	mkdir "$dir/kmod"
	printf 'int f(int n)\n{\n\tif (n) {\n\t\tn++;\n\t};\n\treturn n;\n}\n' >"$dir/kmod/a.c"
	(cd "$dir" && cocci_one "$tree/scripts/coccinelle/misc/semicolon.cocci") |
		grep 'Unneeded semicolon'
	local status=$?
	rm -rf "$dir"
	return "$status"
}
