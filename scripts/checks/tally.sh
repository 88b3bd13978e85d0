# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Counting tests: single commands, and programs that print TAP.  Sourced by
# scripts/check and its stages; knows nothing of what is tested.

TALLY_PASSED=0
TALLY_FAILED=0
TALLY_SKIPPED=0
TALLY_FAILURES=()

tally_begin() {
	printf '\n== %s\n' "$*"
}

tally_pass() {
	TALLY_PASSED=$((TALLY_PASSED + 1))
	[[ -n ${FRAKTOR_CHECK_BRIEF:-} ]] || printf 'ok   %s\n' "$1"
}

# tally_fail NAME [REASON]: the reason is for the end, where the failures are
# named again and what was printed of them may be far above.
tally_fail() {
	TALLY_FAILED=$((TALLY_FAILED + 1))
	TALLY_FAILURES+=("$1${2:+ ($2)}")
	printf 'FAIL %s\n' "$1"
}

# tally_complaint LOG: the last line of it that says what is wrong.
tally_complaint() {
	{ grep -E 'error: |warning: | complains:|no end after|WARNING: |BUG: ' "$1" || tail -n 1 "$1"; } |
		tail -n 1 | cut -c1-200
}

# tally_skip NAME REASON: a test that did not run always says why.
tally_skip() {
	TALLY_SKIPPED=$((TALLY_SKIPPED + 1))
	printf 'skip %s: %s\n' "$1" "$2"
}

# tally_run NAME COMMAND [ARG...]: one test, passed when the command is.
tally_run() {
	local name=$1 log status=0
	shift
	log=$(mktemp)
	"$@" >"$log" 2>&1 </dev/null || status=$?
	if ((status == 0)); then
		tally_pass "$name"
	else
		tally_fail "$name" "$(tally_complaint "$log")"
		printf '     exit status %d of: %s\n' "$status" "$*"
		tail -n 60 "$log" | sed 's/^/     | /'
	fi
	rm -f "$log"
}

# tally_refused NAME PATTERN COMMAND [ARG...]: one test, passed when the command
# fails and what it says matches.
tally_refused() {
	local name=$1 pattern=$2 log
	shift 2
	log=$(mktemp)
	if "$@" >"$log" 2>&1 </dev/null; then
		tally_fail "$name"
		printf '     it succeeded: %s\n' "$*"
	elif ! grep -qE -- "$pattern" "$log"; then
		tally_fail "$name"
		printf '     it does not say /%s/: %s\n' "$pattern" "$*"
		tail -n 20 "$log" | sed 's/^/     | /'
	else
		tally_pass "$name"
	fi
	rm -f "$log"
}

# tally_told: the verdicts of TAP on stdin, each with what was expected before it
# and what the test says of that, which the harness prints on the next line.
tally_told() {
	awk '
		/^(not )?ok / { print; place = ""; next }
		/^# .*Expected / { expected = $0; place = substr($0, 1, index($0, "Expected ") - 1); print; next }
		place != "" && index($0, place) == 1 { print expected ": " substr($0, length(place) + 1) }
		{ place = "" }'
}

# tally_tap PREFIX MINIMUM COMMAND [ARG...]: a program that prints TAP or KTAP.
# Its tests are counted one by one; fewer than MINIMUM, or an exit status that
# its lines do not explain, is a failure.
tally_tap() {
	local prefix=$1 minimum=$2 log status=0 ok=0 bad=0 line name reason=''
	shift 2
	log=$(mktemp)
	"$@" >"$log" 2>&1 </dev/null || status=$?
	while IFS= read -r line; do
		line=${line%$'\r'}
		name=${line#*ok }
		name=$prefix/$(sed -E 's/^[0-9]* *(- *)?//; s/ *# (SKIP|skip).*//; s/ +\([0-9.]+s\)$//' <<<"$name")
		case $line in
		*'# SKIP'* | *'# skip'*)
			tally_skip "$name" "$(sed -E 's/.*# (SKIP|skip) *//' <<<"$line")" ;;
		'not ok '*) bad=$((bad + 1)); tally_fail "$name" "$reason" ;;
		'ok '*) ok=$((ok + 1)); tally_pass "$name" ;;
		*) reason=${line#\# }; continue ;;
		esac
		reason=''
	done < <(tally_told <"$log")
	if ((bad > 0)) || { ((status != 0)) && ((bad == 0)); } || ((ok < minimum)); then
		((bad > 0)) || tally_fail "$prefix: exit status $status, $ok passed, at least $minimum wanted" \
			"$(tally_complaint "$log")"
		printf '     from: %s\n' "$*"
		# What a program says of a failure stands before its verdict.
		{ grep -B 12 '^not ok ' "$log" || true; } | head -n 200 | sed 's/^/     | /'
		printf '     and in the end:\n'
		tail -n 40 "$log" | sed 's/^/     | /'
	fi
	rm -f "$log"
}

# tally_start NAME COMMAND [ARG...]: begin a command that is judged later: most
# of the time in a machine is spent asleep, and two of them sleep as well as one.
tally_start() {
	local name=$1
	shift
	[[ -n ${TALLY_JOBS:-} ]] || TALLY_JOBS=$(mktemp -d)
	rm -f "$TALLY_JOBS/$name.status"
	{
		status=0
		"$@" >"$TALLY_JOBS/$name.log" 2>&1 </dev/null || status=$?
		echo "$status" >"$TALLY_JOBS/$name.status"
	} &
}

# tally_job NAME: wait for it; what it said, and its status.
tally_job() {
	while [[ ! -s $TALLY_JOBS/$1.status ]]; do
		sleep 0.2
	done
	cat "$TALLY_JOBS/$1.log"
	return "$(<"$TALLY_JOBS/$1.status")"
}

# tally_time STAGE: how long it took, for whoever wonders where the time goes.
tally_time() {
	printf -- '-- %s: %d s\n' "$1" "$((SECONDS - ${TALLY_SINCE:-0}))"
	TALLY_SINCE=$SECONDS
}

# tally_end: the closing line; false when something failed, or when CI, where
# everything is there that a test could want, skipped something.
tally_end() {
	local failure
	printf '\n'
	for failure in "${TALLY_FAILURES[@]}"; do
		printf 'failed: %s\n' "$failure"
	done
	if ((TALLY_SKIPPED)); then
		printf '%d passed, %d failed, %d skipped\n' "$TALLY_PASSED" "$TALLY_FAILED" "$TALLY_SKIPPED"
	else
		printf '%d passed, %d failed\n' "$TALLY_PASSED" "$TALLY_FAILED"
	fi
	if [[ ${CI:-} == true ]] && ((TALLY_SKIPPED)); then
		printf 'check: error: CI skips no test\n' >&2
		return 1
	fi
	((TALLY_FAILED == 0 && TALLY_PASSED > 0))
}
