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

install_quickstart() {
	FRAKTOR_DRIVER=timerfd FRAKTOR_DURATION_S=1 build/install/quickstart |
		grep -E '^fraktor: driver=timerfd kernel=[^ ]+ ticks=[0-9]+ seconds=1\.000 drift_ppm=[+-][0-9.]+ missed=[0-9]+ dropped=0 lateness_ns p50=[0-9]+ p99=[0-9]+ max=[0-9]+$'
}

# Someone who wants only ticks must not load libnl.
install_needs() {
	objdump -p build/install/usr/lib/libfraktor.so | awk '/NEEDED/ { print $2 }' | sort |
		diff -u <(printf 'libc.so.6\nliburing.so.2\n') -
}

check_install() {
	tally_begin "installed"
	tally_run install/tree install_tree
	tally_run install/quickstart_c install_compile gcc -std=c11 -Wall -Wextra -Werror
	tally_run install/r1_1_quickstart_runs_on_timerfd install_quickstart
	tally_run install/quickstart_cxx install_compile g++ -std=c++20 -x c++ -Wall -Wextra
	tally_run install/libfraktor_needs_only_libc_and_liburing install_needs
	tally_run install/man_page bash -c 'man -l build/install/usr/share/man/man1/fraktor.1 | grep -q stat'
}
