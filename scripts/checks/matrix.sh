# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The module on all kernels it is for: built with W=1 and sparse, loaded, all
# selftests, by scripts/matrix; its cells and its TAP are counted here.

matrix_dir=build/matrix

# matrix_cell KERNEL CELL WANTED: what the row has there.
matrix_cell() {
	local value
	value=$(sed -n "s/^$2=//p" "$matrix_dir/$1/row" | tail -n 1)
	printf '%s on %s: %s\n' "$2" "$1" "${value:-never reached}"
	[[ $value == "$3" ]] || { tail -n 30 "$matrix_dir/$1"/{build,vm}.log; return 1; }
}

# matrix_tap KERNEL: what the selftests said, with the status of the machine.
matrix_tap() {
	cat "$matrix_dir/$1/selftests.tap" || return 1
	cat "$matrix_dir/$1/vm.log" >&2
	grep -qx 'vm=0' "$matrix_dir/$1/row"
}

check_matrix() {
	local name kernels=(6.1 6.1-rt 6.12 6.12-rt 7 7-rt)
	tally_begin "matrix: ${kernels[*]}"
	# Its failures are counted below, by cell; nothing of an earlier run is.
	rm -rf -- "$matrix_dir"
	scripts/matrix --kernels "${kernels[*]}" --out "$matrix_dir" || true
	for name in "${kernels[@]}"; do
		tally_run "matrix-$name/build_w1" matrix_cell "$name" build ok
		tally_run "matrix-$name/sparse" matrix_cell "$name" sparse ok
		tally_run "matrix-$name/loads_and_unloads" matrix_cell "$name" load ok
		tally_run "matrix-$name/kernel_log_is_silent" matrix_cell "$name" log 0
		tally_tap "matrix-$name/selftests" 50 matrix_tap "$name"
	done
}
