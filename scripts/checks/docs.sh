# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The book: it builds without a warning, it leaves no public name out, and the
# commands that it shows do what they say.

docs_html=build/docs/html

# Warnings are errors in there: names that no header knows, references and links
# that lead nowhere, commands that nothing runs.
docs_build() {
	FRAKTOR_QUIET=1 scripts/docs
}

# docs_has NAME...: each has an entry in the reference.
docs_has() {
	local name status=0

	(($# > 0)) || { echo "no names given"; return 1; }
	for name; do
		grep -qrF "id=\"c.$name\"" "$docs_html/reference" ||
			{ echo "the reference has no $name"; status=1; }
	done
	echo "$# names"
	return "$status"
}

docs_exported() {
	# shellcheck disable=SC2046 # names are words
	docs_has $(sed -n 's/^\t\(frk_[a-z0-9_]*\);$/\1/p' "$@")
}

docs_for_tests() {
	# shellcheck disable=SC2046
	docs_has $(grep -ohP '^FRK_API .*\b\Kfrk_\w+(?=\()' libfraktor/testing/include/fraktor/*.h)
}

docs_module_exports() {
	# shellcheck disable=SC2046
	docs_has $(git grep -hoP '^EXPORT_SYMBOL_GPL\(\Kfraktor_\w+' -- 'kmod/*.c' ':!kmod/tests')
}

# All that a header defines for users, constants and tags included.
docs_defined() {
	# shellcheck disable=SC2046
	docs_has $(cat "$@" | sed -nE -e 's/^#define (F[A-Z]+_\w+).*/\1/p' -e 's/^(struct|enum) (\w+) \{$/\2/p' |
		grep -vE '_H$|^FRK_(BEGIN|END)_DECLS$|^FRKI_')
}

docs_manual_pages() {
	local page

	for page in Documentation/man/*.1; do
		page=$(basename "$page" .1)
		grep -qF "id=\"$page\"" "$docs_html/reference/tool.html" || { echo "no $page"; return 1; }
	done
}

# Files of the tree that the README links to.
docs_readme_links() {
	local link links

	links=$(grep -oP '\]\(\K[^):#]+(?=\))' README.md)
	[[ -n $links ]] || return 1
	while IFS= read -r link; do
		[[ -e $link ]] || { echo "README.md links to $link"; return 1; }
	done <<<"$links"
}

# Text with a fault of each kind must not build.
docs_self_test() {
	local copy status=0 said wanted

	copy=$(mktemp -d)
	cp -r Documentation scripts libfraktor uapi kmod Makefile README.md "$copy"
	cat >"$copy/Documentation/limits.rst" <<-'RST'
		Limits
		======

		``FRAKTOR_IOC_NEVER`` and :ref:`nothing`.

		.. code-block:: sh

		   true
	RST
	if said=$("$copy/scripts/docs" "$copy/out" 2>&1); then
		echo "a page with faults built"
		status=1
	fi
	for wanted in 'no header knows FRAKTOR_IOC_NEVER' "undefined label: 'nothing'" 'commands that nothing runs'; do
		grep -qF "$wanted" <<<"$said" || { echo "not noticed: $wanted"; echo "$said"; status=1; }
	done
	rm -rf -- "$copy"
	return "$status"
}

# The guides, and the programs in them.
docs_guides=(Documentation/{tutorial,choosing,templates,stopping,realtime,monitoring}.rst)

# What the steps name, the programs beside them call.
docs_hardware_steps() {
	local steps name

	steps=$(grep -A 4 -E '^[1-9]\. ' Documentation/templates.rst)
	(($(grep -cE '^[1-9]\. ' <<<"$steps") >= 5)) || { echo "no steps"; return 1; }
	for name in frk_tick_feed_new frk_tick_feed_push; do
		grep -q "$name()" <<<"$steps" || { echo "no step has $name()"; return 1; }
		grep -q "$name(" libfraktor/examples/template_pulse.c ||
			{ echo "template_pulse.c does not call $name()"; return 1; }
	done
	while IFS= read -r name; do
		grep -q "$name(" kmod/samples/fraktor_edu.c ||
			{ echo "fraktor_edu.c does not call $name()"; return 1; }
	done < <(grep -oP '^``\Kfraktor_pulse\w*' Documentation/pulse.rst | sort -u)
}

# Who reads a guide does not take the ticks of a test for those of a program.
docs_by_hand_in_a_box() {
	grep -q '^\.\. admonition:: Tests only$' Documentation/templates.rst || { echo "no box"; return 1; }
	! grep -nE '^[^ ].*(libfraktor-testing|template_testing|[Tt]icks by hand)' "${docs_guides[@]}"
}

# A row for each driver that the library has, on one screen.
docs_driver_matrix() {
	local name table

	table=$(sed -n '/^\.\. list-table::/,/^``driver_name/p' Documentation/choosing.rst | sed '/^``driver_name/,$d')
	(($(wc -l <<<"$table") <= 50)) || { echo "longer than a screen"; return 1; }
	for name in libfraktor/tick/driver_*.c manual; do
		[[ $name != *_test.c ]] || continue
		name=$(basename "${name#*driver_}" .c)
		grep -q "^   \* - \`*$name\`*$" <<<"$table" || { echo "no row for $name"; return 1; }
	done
}

docs_guides_are_high_level() {
	# choosing.rst tells the device's ways from the library's.
	! grep -nE 'ioctl\(|FRAKTOR_IOC_|<linux/fraktor' "${docs_guides[@]/*choosing.rst/README.md}" \
		libfraktor/examples/*.c
}

check_docs() {
	local commands

	tally_begin "documentation"
	tally_run docs/builds_without_a_warning docs_build
	tally_run docs/notices_what_is_wrong docs_self_test
	tally_run docs/reference_has_the_library docs_exported libfraktor/libfraktor*.map
	tally_run docs/reference_has_the_headers docs_defined libfraktor/include/fraktor/*.h libfraktor/testing/include/fraktor/*.h uapi/linux/*.h
	tally_run docs/reference_has_what_is_for_tests docs_for_tests
	tally_run docs/reference_has_the_module docs_module_exports
	tally_run docs/reference_has_the_manual_pages docs_manual_pages
	tally_run docs/readme_links docs_readme_links
	tally_run docs/r4_2_hardware_step_by_step docs_hardware_steps
	tally_run docs/r4_3_ticks_by_hand_are_in_a_box docs_by_hand_in_a_box
	tally_run docs/r4_4_drivers_on_one_screen docs_driver_matrix
	tally_run docs/r4_5_guides_use_the_library docs_guides_are_high_level
	tally_run docs/module make kmod KDIR=6.1
	commands=$(scripts/docs-commands host build/docs/commands) || commands=false
	tally_tap docs/commands_on_a_host 1 bash "$commands"
	commands=$(scripts/docs-commands vm build/docs/commands) || commands=false
	tally_tap docs/commands_in_a_machine 1 scripts/vm --icount --module "$(kernel_module 6.1)" -- bash "$commands"
}
