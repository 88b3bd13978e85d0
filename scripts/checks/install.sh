# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What a user of the installed library has: headers, libraries, pkg-config,
# man pages.  The README's program is built against them as C and as C++, and
# run with the user-space driver.

install_tree() {
	rm -rf build/install
	make install DESTDIR="$PWD/build/install" LIBDIR=/usr/lib
}

install_config() {
	PKG_CONFIG_PATH=build/install/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$PWD/build/install \
		pkg-config "$@"
}

install_compile() {
	# shellcheck disable=SC2046 # words of pkg-config
	"$@" libfraktor/examples/quickstart.c -o build/install/quickstart \
		$(install_config --cflags --libs libfraktor) -Wl,-rpath,"$PWD/build/install/usr/lib"
}

# On a busy machine the last tick stands for several periods, and the run is so much longer.
install_quickstart() {
	FRAKTOR_DRIVER=timerfd FRAKTOR_DURATION_S=1 build/install/quickstart |
		grep -E '^fraktor: driver=timerfd kernel=[^ ]+ ticks=[0-9]+ seconds=1\.[0-9]{3} drift_ppm=[+-][0-9.]+ missed=[0-9]+ dropped=0 lateness_ns p50=[0-9]+ p99=[0-9]+ max=[0-9]+$'
}

# R4.6: the template, without privileges it may not have here.
install_realtime() {
	# shellcheck disable=SC2046 # words of pkg-config
	gcc -std=c11 -Wall -Wextra -Werror libfraktor/examples/realtime.c -o build/install/realtime \
		$(install_config --cflags --libs libfraktor) -Wl,-rpath,"$PWD/build/install/usr/lib" &&
		build/install/realtime 200 0 | grep -E '^[0-9]+ periods, lateness p50 [0-9]+ ns, p99 [0-9]+ ns, missed [0-9]+$'
}

install_cxx() {
	cat >build/install/user.cc <<'CXX'
#include <cerrno>
#include <fraktor/fraktor.h>
#include <fraktor/netlink.h>

static int receive(frk_context *context, const frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_every(context, FRK_MESSAGE_USER, FRK_MS(2), nullptr);
	if (message->kind == FRK_MESSAGE_USER)
		++*static_cast<int *>(frk_context_state(context));
	return 0;
}

int main()
{
	int beats = 0;
	frk_system_opts opts{};
	frk_actor_opts actor{};
	frk_system *system = nullptr;

	opts.size = sizeof(opts);
	opts.driver_name = "timerfd";
	opts.run_ns = FRK_MS(100);
	actor.size = sizeof(actor);
	actor.receive = receive;
	actor.state = &beats;
	if (frk_system_build(&opts, &system) || frk_system_spawn(system, &actor, nullptr) ||
	    frk_system_run(system))
		return 1;
	frk_system_unref(system);
	return beats > 0 && beats <= 50 ? 0 : 1;
}
CXX
	# shellcheck disable=SC2046 # words of pkg-config
	g++ -std=c++17 -Wall -Wextra -Werror build/install/user.cc -o build/install/user \
		$(install_config --cflags --libs libfraktor libfraktor-netlink) \
		-Wl,-rpath,"$PWD/build/install/usr/lib" && build/install/user
}

# Someone who wants only ticks must not load libnl.
# The dynamic loader is part of the C library: it has what belongs to a thread.
install_needs() {
	objdump -p build/install/usr/lib/libfraktor.so |
		awk '/NEEDED/ && $2 !~ /^ld-linux/ { print $2 }' | sort |
		diff -u <(printf 'libc.so.6\nliburing.so.2\n') -
}

# R2.5: what is for tests comes only if it was asked for, and production does not see it.
install_without_testing() {
	! find build/install -name '*testing*' | grep .
}

install_testing() {
	make install-testing DESTDIR="$PWD/build/install" LIBDIR=/usr/lib &&
		! grep -rl 'frk_testing' build/install/usr/include/fraktor
}

# shellcheck disable=SC2046 # words of pkg-config
install_test_of_an_actor() {
	"$@" libfraktor/examples/template_testing.c -o build/install/template_testing \
		$(install_config --cflags --libs libfraktor-testing) &&
		[[ $(build/install/template_testing) == 'template_testing: ok' ]]
}

check_install() {
	tally_begin "installed"
	tally_run install/tree install_tree
	tally_run install/r2_5_nothing_for_tests install_without_testing
	tally_run install/quickstart_c install_compile gcc -std=c11 -Wall -Wextra -Werror
	tally_run install/r1_1_quickstart_runs_on_timerfd install_quickstart
	tally_run install/r4_6_realtime_template_runs install_realtime
	tally_run install/program_in_cxx17 install_cxx
	tally_run install/libfraktor_needs_only_libc_and_liburing install_needs
	tally_run install/r2_5_for_tests_when_asked_for install_testing
	tally_run install/r3_7_test_of_an_actor install_test_of_an_actor gcc -std=c11 -Wall -Wextra -Werror
	tally_run install/man_page bash -c 'man -l build/install/usr/share/man/man1/fraktor.1 | grep -q stat'
}
