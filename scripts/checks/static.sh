# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What can be checked without running anything: layers, headers that compile
# alone, the netlink specification, scripts, spelling, texts that must agree
# with the code.

uapi_alone() {
	local header
	for header in uapi/linux/*.h; do
		"$@" -Wall -Wextra -pedantic -Werror -fsyntax-only -x "$lang" "$header" || return 1
	done
}

public_alone() {
	local header
	for header in libfraktor/include/fraktor/*.h libfraktor/testing/include/fraktor/*.h; do
		"$@" -Wall -Wextra -pedantic -Werror -Ilibfraktor/include \
			-Ilibfraktor/testing/include -fsyntax-only \
			-x "$lang" "$header" || return 1
	done
}

# The layout, asserted by the compiler on 64 and on 32 bit alike.
uapi_sizes() {
	"$@" -std=c11 -Iuapi -fsyntax-only -x c - <<'C'
#include <linux/fraktor.h>
#include <stddef.h>
_Static_assert(sizeof(struct fraktor_tick) == 32, "tick");
_Static_assert(offsetof(struct fraktor_tick, periods) == 24, "tick.periods");
_Static_assert(sizeof(struct fraktor_meta) == 1216, "meta");
_Static_assert(offsetof(struct fraktor_meta, clock) == 128, "meta of the first release");
_Static_assert(offsetof(struct fraktor_meta, members) == 192, "members");
_Static_assert(sizeof(struct fraktor_clock) == 64, "clock");
_Static_assert(sizeof(struct fraktor_member) == 32, "member");
_Static_assert(offsetof(struct fraktor_meta, head) == 64, "head has its own line");
_Static_assert(sizeof(struct fraktor_consumer) == 64, "consumer");
_Static_assert(sizeof(struct fraktor_create) == 120, "create");
_Static_assert(offsetof(struct fraktor_create, phase_ns) == 72, "create of the first release");
_Static_assert(sizeof(struct fraktor_attach) == 48, "attach");
_Static_assert(sizeof(struct fraktor_info) == 256, "info");
_Static_assert(offsetof(struct fraktor_info, driver) == 160, "info of the first release");
_Static_assert(sizeof(struct fraktor_set) == 72, "set");
_Static_assert(offsetof(struct fraktor_set, lead_ns) == 56, "set of the first release");
_Static_assert(sizeof(struct fraktor_detach) == 8, "detach");
_Static_assert(sizeof(struct fraktor_uring_wait) == 16, "fits a plain SQE");
C
}

# typed_program STATEMENT|DECLARATION: with messages of two types.
typed_program() {
	cat <<END
#include <fraktor/typed.h>
struct point { double x, y; };
struct size { double x, y; };
FRK_MESSAGE_TYPE(point, FRK_MESSAGE_USER, struct point);
FRK_MESSAGE_TYPE(length, FRK_MESSAGE_USER + 1, double);
FRK_BUFFER_TYPE(frame, FRK_MESSAGE_USER + 2, struct { char pixels[5000]; });
FRK_BUFFER_TYPE(sound, FRK_MESSAGE_USER + 3, struct { char samples[5000]; });
${2:-}
int f(struct frk_context *context, struct frk_pid to, const struct frk_message *message);
int f(struct frk_context *context, struct frk_pid to, const struct frk_message *message)
{
	struct point point = { 1, 2 };
	struct size size = { 1, 2 };
	int whole = 3;
	struct frame_buffer frame = { NULL };
	struct sound_buffer sound = { NULL };
	$1
	return !context + !message + (int)to.index + (int)point.x + (int)size.x + whole + !frame.raw + !sound.raw;
}
END
}

# typed_refuses COMPILER...: what fits compiles, and nothing else (S6).
typed_refuses() {
	local statement lines=(
		'FRK_TELL(context, to, point, size);'
		'FRK_TELL(context, to, point, &point);'
		'FRK_TELL(context, to, length, whole);'
		'FRK_TELL(context, to, length, 1.0f);'
		'FRK_ANSWER(context, message, point, 1.0);'
		'FRK_ASK(context, to, length, point, 1, NULL);'
		'FRK_POST(frk_context_system(context), to, point, 1.0);'
		'FRK_TELL(context, to, nothing, point);'
		'const double *x = FRK_OF(point, message); whole += !x;'
		'FRK_TELL_BUFFER(context, to, frame, sound);'
		'FRK_TELL_BUFFER(context, to, frame, frame.raw);'
		'FRK_TELL(context, to, frame, point);'
		'FRK_ANSWER_BUFFER(context, message, sound, frame);'
		'frame = FRK_KEEP(sound, message);'
		'struct size *s = FRK_DATA(frame, frame); whole += !s;'
	)
	compile() { "$@" -x "$lang" -Wall -Wextra -Werror -fsyntax-only -Ilibfraktor/include -; }
	typed_program 'FRK_TELL(context, to, point, point); FRK_TELL(context, to, length, 1.0);
		const struct point *p = FRK_OF(point, message); whole += !p;
		frame_type *f = FRK_DATA(frame, frame); whole += !f; frame = FRK_KEEP(frame, message);
		FRK_TELL_BUFFER(context, to, frame, frame);' | compile "$@" || return 1
	for statement in "${lines[@]}"; do
		if typed_program "$statement" | compile "$@" 2>/dev/null; then
			echo "it compiles: $statement"
			return 1
		fi
	done
	for statement in 'FRK_MESSAGE_TYPE(low, 3, int);' 'FRK_MESSAGE_TYPE(big, 20, struct { char c[65]; });' \
		'FRK_MESSAGE_TYPE(point, 20, int);' 'FRK_BUFFER_TYPE(low, 3, int);'; do
		if typed_program '' "$statement" | compile "$@" 2>/dev/null; then
			echo "it compiles: $statement"
			return 1
		fi
	done
}

# One noun per file: none over 700 lines, half of them under 300.
file_sizes() {
	local sizes
	sizes=$(git ls-files '*.c' '*.h' | xargs wc -l | grep -v ' total$' | sort -n)
	awk '$1 > 700 { print "over 700 lines: " $2; bad = 1 } END { exit bad }' <<<"$sizes" || return 1
	awk '{ n[NR] = $1 } END { m = n[int((NR + 1) / 2)]; print "median " m; exit m > 300 }' <<<"$sizes"
}

readme_program() {
	# shellcheck disable=SC2016 # the backquotes are Markdown's
	diff -u <(sed -n '/^```c$/,/^```$/p' README.md | sed '1d;$d') \
		libfraktor/examples/quickstart.c
}

quickstart_lines() {
	local lines
	lines=$(wc -l <libfraktor/examples/quickstart.c)
	echo "quickstart.c has $lines lines"
	((lines < 20))
}

pictures_are_current() {
	local script
	for script in scripts/draw-*; do
		"$script" | cmp - "Documentation/${script#scripts/draw-}.svg" || return 1
	done
}

man_pages() {
	local page
	for page in Documentation/man/*.[1-9]; do
		local said
		said=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
		[[ -z $said ]] || { printf '%s: %s\n' "$page" "$said"; return 1; }
	done
}

# Every public function is exported, and nothing else is.
symbols() {
	local lib=$1
	shift
	diff -u <(cat "$@" | tr '\n' ' ' | grep -oE 'FRK_API [^;{]*' |
			grep -oE 'frk_[a-z0-9_]+( \(|\(|$| *$)|const struct frk_driver_ops frk_[a-z_]+' |
			sed -E 's/.* (frk_)/\1/; s/[( ]//g' | sort -u) \
		<(nm -D --defined-only "$lib" | awk '{ print $3 }' | sed 's/@.*//' |
			grep -v '^FRAKTOR_' | sort -u)
}

# Production offers no tick by hand (R2.5): no symbol says so, and a program that
# wants one does not link (R3.2).
no_manual() {
	local names
	names=$(nm build/lib/libfraktor.a build/lib/libfraktor.so \
		build/lib/libfraktor-netlink.a build/lib/libfraktor-netlink.so) || return 1
	grep -q ' frk_line_open$' <<<"$names" || { echo "nm shows no names"; return 1; }
	! grep -iE ' [a-z_]*(manual|inject|scripted)' <<<"$names"
}

manual_links_not() {
	local said
	said=$(gcc -x c - -x none build/lib/libfraktor.a -luring -pthread -o /dev/null 2>&1 <<-'C'
		extern const char frki_driver_manual;
		int main(void) { return frki_driver_manual; }
	C
	) && { echo "it links"; return 1; }
	echo "$said"
	grep -q 'undefined reference to .frki_driver_manual' <<<"$said"
}

# What is for tests is defined by their library and by no other.
testing_symbols() {
	local wanted
	wanted=$(tr '\n' ' ' <libfraktor/testing/include/fraktor/testing.h | grep -oE 'FRK_API [^;{]*' |
		grep -oE 'frk_[a-z_]+\(' | tr -d '(' | sort -u)
	[[ -n $wanted ]] || return 1
	nm --defined-only build/lib/libfraktor-testing.a | awk '{ print $3 }' | grep '^frk_' | sort -u |
		diff -u <(echo "$wanted") - || return 1
	! nm --defined-only build/lib/libfraktor.a build/lib/libfraktor-netlink.a |
		awk '{ print $3 }' | grep -xF "$wanted"
}

no_foreign_names() {
	# Registries by name, and paths of one machine, have no place in a tree
	# that others build.
	! git grep -nIE 'https?://[a-z0-9.-]*(deb|debian|registry|npmjs|snapshot)[a-z0-9.-]*/' -- . ':!LICENSES' &&
		! git grep -nIE '(^|[^a-z])/(root|home)/[a-z.]' -- . ':!LICENSES' ':!scripts/checks'
}

# The kernel's own style checker; BIT() is not for headers of user space,
# TRACE_EVENT() has a layout of its own, and what is compiled in user space, too,
# takes the names of things from there.
checkpatch() {
	local tree said
	tree=$(scripts/lab/kselftest-headers) || return 1
	said=$(git ls-files 'kmod/*.[ch]' 'uapi/*.h' | grep -v '^kmod/tests/user/' |
		xargs perl "$tree/scripts/checkpatch.pl" --no-tree --strict --terse --no-summary \
			--ignore BIT_MACRO -f |
		grep -vE -e '^kmod/trace\.h:.*(should match open parenthesis|should not end with)' \
			-e '^kmod/tests/.*(Avoid CamelCase|Prefer ARRAY_SIZE)')
	printf '%s\n' "$said"
	[[ -z $said ]]
}

kernel_doc() {
	local tree said
	tree=$(scripts/lab/kselftest-headers) || return 1
	said=$(git ls-files 'kmod/*.[ch]' 'uapi/*.h' 'libfraktor/*.h' |
		xargs perl "$tree/scripts/kernel-doc" -none 2>&1 >/dev/null)
	printf '%s\n' "$said"
	[[ -z $said ]]
}

check_static() {
	local lang
	tally_begin "static checks"
	tally_run static/layers_self_test scripts/check-layers --self-test
	tally_run static/layers scripts/check-layers
	tally_run static/netlink_spec_self_test scripts/check-netlink-spec --self-test
	tally_run static/netlink_spec scripts/check-netlink-spec
	lang=c tally_run static/uapi_compiles_alone_c11 uapi_alone gcc -std=c11
	lang=c++ tally_run static/uapi_compiles_alone_cxx17 uapi_alone g++ -std=c++17
	lang=c tally_run static/uapi_compiles_alone_m32 uapi_alone gcc -m32 -std=c11
	tally_run static/uapi_sizes_64 uapi_sizes gcc
	tally_run static/uapi_sizes_32 uapi_sizes gcc -m32
	lang=c tally_run static/public_headers_c11 public_alone gcc -std=c11
	lang=c++ tally_run static/public_headers_cxx17 public_alone g++ -std=c++17
	lang=c tally_run static/s6_a_wrong_type_does_not_compile_c11 typed_refuses gcc -std=c11
	lang=c++ tally_run static/s6_a_wrong_type_does_not_compile_cxx17 typed_refuses g++ -std=c++17
	tally_run static/file_sizes file_sizes
	tally_run static/r4_1_quickstart_is_under_20_lines quickstart_lines
	tally_run static/readme_program_is_the_quickstart readme_program
	tally_run static/pictures_are_current pictures_are_current
	tally_run static/man_pages man_pages
	tally_run static/symbols_libfraktor symbols build/lib/libfraktor.so \
		libfraktor/include/fraktor/{base,tick,rt,message,actor,buffer,dispatcher,router,breaker,machine,mailbox,event,system}.h
	tally_run static/symbols_libfraktor_netlink symbols build/lib/libfraktor-netlink.so \
		libfraktor/include/fraktor/netlink.h
	tally_run static/each_requirement_has_tests scripts/requirements --check
	tally_run static/r2_5_no_manual_symbols no_manual
	tally_run static/r3_2_the_manual_driver_does_not_link manual_links_not
	tally_run static/r2_5_what_is_for_tests_is_in_their_library testing_symbols
	tally_run static/no_foreign_names no_foreign_names
	tally_run static/checkpatch checkpatch
	tally_run static/kernel_doc kernel_doc
	tally_run static/coccicheck_self_test coccicheck_self_test
	tally_run static/coccicheck coccicheck
	tally_run static/shellcheck bash -c 'git grep -lE "^#!.*(ba)?sh|shellcheck shell=" -- scripts selftests tools .ci | xargs shellcheck -x -P SCRIPTDIR -e SC2187'
	tally_run static/codespell bash -c 'git ls-files | grep -vE "^LICENSES/" | xargs codespell -L fo,ue,inout,te,ths'
}
