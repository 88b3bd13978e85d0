# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The Debian packages: what is in them, and whether they do what they are for
# in a fresh bookworm root, where apt resolves what they depend on, DKMS builds
# the module for that root's headers, and a virtual machine loads it
# (package-guest.sh).  All is gone in the end, the root too.

package_build() {
	scripts/package --out "$1"
}

package_names() {
	(cd "$PACKAGE_DIR/debs" && printf '%s\n' *.deb) | sed 's/_.*//' |
		diff -u <(printf '%s\n' fraktor-dkms fraktor-tools libfraktor-dev libfraktor-testing-dev libfraktor1) -
}

# In another directory, at another time.
package_again() {
	package_build "$PACKAGE_DIR/again" && diff -r "$PACKAGE_DIR/debs" "$PACKAGE_DIR/again"
}

# Of the module's tests there is only the header that says there are none (R2.5).
package_contents() {
	local deb package path bad=0
	while read -r package path; do
		for deb in "$PACKAGE_DIR/debs/${package}"_*.deb; do
			dpkg-deb -c "$deb" | awk '{ print $6 }' | grep -qE "^\.$path\$" ||
				{ echo "$package has no $path"; bad=1; }
		done
	done <<'END'
libfraktor1 /usr/lib/[^/]*/libfraktor\.so\.1
libfraktor1 /usr/lib/[^/]*/libfraktor-netlink\.so\.1
libfraktor-dev /usr/lib/[^/]*/libfraktor\.so
libfraktor-dev /usr/lib/[^/]*/libfraktor\.a
libfraktor-dev /usr/lib/[^/]*/pkgconfig/libfraktor-netlink\.pc
libfraktor-dev /usr/include/fraktor/fraktor\.h
libfraktor-dev /usr/include/linux/fraktor\.h
libfraktor-testing-dev /usr/lib/[^/]*/libfraktor-testing\.a
libfraktor-testing-dev /usr/lib/[^/]*/pkgconfig/libfraktor-testing\.pc
libfraktor-testing-dev /usr/include/fraktor-testing/fraktor/testing\.h
fraktor-tools /usr/bin/fraktor
fraktor-tools /usr/share/man/man1/fraktor-stat\.1\.gz
fraktor-tools /usr/share/bash-completion/completions/fraktor
fraktor-tools /usr/share/zsh/vendor-completions/_fraktor
fraktor-tools /usr/share/fraktor/schema/stat\.json
fraktor-tools /usr/share/fraktor/schema/common\.json
fraktor-dkms /usr/src/fraktor-[0-9.]*/dkms\.conf
fraktor-dkms /usr/src/fraktor-[0-9.]*/kmod/Kbuild
fraktor-dkms /usr/lib/udev/rules\.d/60-fraktor\.rules
fraktor-dkms /usr/lib/modules-load\.d/fraktor\.conf
fraktor-dkms /usr/lib/sysusers\.d/fraktor\.conf
END
	for deb in "$PACKAGE_DIR"/debs/{libfraktor1,libfraktor-dev}_*.deb; do
		! dpkg-deb -c "$deb" | grep testing || bad=1
	done
	! dpkg-deb -c "$PACKAGE_DIR"/debs/fraktor-dkms_*.deb | grep -E '/(tests|samples)/.' |
		grep -v '/tests/manual\.h$' && ((bad == 0))
}

package_lintian() {
	lintian --allow-root --fail-on error,warning "$PACKAGE_DIR"/debs/*.deb
}

# Which kernels DKMS takes: its pattern, on releases as distributions name them.
package_kernels() {
	local pattern release
	pattern=$(sed -n 's/^BUILD_EXCLUSIVE_KERNEL="\(.*\)"$/\1/p' scripts/packages/dkms.conf)
	for release in 6.1.0-56-amd64 6.12.95+deb12-rt-amd64 6.1-rc1 7.3.4+deb13-amd64 10.0.1; do
		[[ $release =~ $pattern ]] || { echo "refused: $release"; return 1; }
	done
	for release in 5.10.0-9-amd64 6.0.12 4.19.0 1.6.1; do
		[[ ! $release =~ $pattern ]] || { echo "taken: $release"; return 1; }
	done
}

package_in_root() {
	scripts/lab/fresh-root run "$PACKAGE_ROOT" "$@"
}

# Without recommended packages: dependencies must do.  openssl is one of them.
package_install() {
	scripts/lab/fresh-root make "$PACKAGE_ROOT" &&
		scripts/lab/fresh-root install "$PACKAGE_ROOT" "$PACKAGE_DIR"/debs/*.deb \
			openssl gcc libc6-dev pkg-config
}

package_tells_of_headers() {
	local said
	said=$(package_in_root dpkg-reconfigure fraktor-dkms 2>&1) || return 1
	printf '%s\n' "$said"
	grep -q 'no kernel headers; run: apt install linux-headers-amd64' <<<"$said"
}

package_group() {
	package_in_root getent group fraktor
}

# The kernel that the virtual machine boots.
package_headers() {
	scripts/lab/fresh-root install "$PACKAGE_ROOT" "linux-headers-$PACKAGE_RELEASE=$1" ||
		{ tail -n 30 "$PACKAGE_ROOT"/var/lib/dkms/fraktor/*/build/make.log; return 1; }
}

package_built() {
	local version log
	version=$(sed -n 's/^VERSION := //p' Makefile)
	log=$PACKAGE_ROOT/var/lib/dkms/fraktor/$version/$PACKAGE_RELEASE/x86_64/log/make.log
	package_in_root dkms status |
		diff -u <(printf 'fraktor/%s, %s, x86_64: installed\n' "$version" "$PACKAGE_RELEASE") - &&
		[[ -s $log && -s $PACKAGE_KO ]] && ! grep -i 'warning:' "$log"
}

package_no_manual() {
	[[ -s $PACKAGE_KO ]] && nm "$PACKAGE_KO" | grep fraktor_ >/dev/null &&
		! nm "$PACKAGE_KO" | grep -iE 'manual|inject'
}

# With the package that is installed already: DKMS builds anew.
package_upgrade() {
	touch -d '2 days ago' "$PACKAGE_KO" "$PACKAGE_DIR/mark"
	scripts/lab/fresh-root --bind "$PACKAGE_DIR/debs" run "$PACKAGE_ROOT" \
		bash -c "dpkg -i '$PACKAGE_DIR'/debs/fraktor-dkms_*.deb" &&
		package_built && [[ $PACKAGE_KO -nt $PACKAGE_DIR/mark ]]
}

# The signature is the one that the certificate of Documentation/install.rst
# vouches for.  A signed module ends in: signature, 8 bytes, the length of the
# signature (big endian), 28 bytes of text.
package_signed() {
	local size length
	package_in_root modinfo -k "$PACKAGE_RELEASE" -F signer fraktor |
		grep -x 'DKMS module signing key' || return 1
	size=$(stat -c %s "$PACKAGE_KO")
	length=$((16#$(tail -c 32 "$PACKAGE_KO" | head -c 4 | od -An -tx1 | tr -d ' ')))
	head -c $((size - length - 40)) "$PACKAGE_KO" >"$PACKAGE_ROOT/tmp/module"
	tail -c $((length + 40)) "$PACKAGE_KO" | head -c "$length" >"$PACKAGE_ROOT/tmp/signature"
	package_in_root sh -ec '
		cd /tmp
		openssl x509 -inform DER -in /var/lib/dkms/mok.pub -out certificate
		openssl cms -verify -binary -inform DER -in signature -content module \
			-certfile certificate -CAfile certificate -purpose any -out /dev/null
		rm module signature certificate'
}

# package_compile NAME PKG_CONFIG_OPTION: in the root, with what
# libfraktor-dev pulls in; both libraries, since both are for users.
package_compile() {
	cp libfraktor/examples/quickstart.c "$PACKAGE_ROOT/usr/local/src/"
	package_in_root bash -c "cd /usr/local && gcc -std=c11 -Wall -Wextra -Werror $2 \
		src/quickstart.c -o bin/$1 \$(pkg-config $2 --cflags --libs libfraktor libfraktor-netlink)"
}

# With the package for tests, and nothing but what it depends on.
package_compile_test() {
	cp libfraktor/examples/template_testing.c "$PACKAGE_ROOT/usr/local/src/"
	package_in_root bash -c "cd /usr/local && gcc -std=c11 -Wall -Wextra -Werror \
		src/template_testing.c -o src/template_testing \$(pkg-config --cflags --libs libfraktor-testing) &&
		src/template_testing && rm src/template_testing"
}

# What only compiling and installing need; the guest's root is memory.
PACKAGE_UNNEEDED=(./usr/{src,include,libexec,lib/gcc} './usr/lib/linux-kbuild*' './usr/lib/udev/hwdb*'
	./usr/lib/x86_64-linux-gnu/{'*.a','perl*','libperl*','lib*san.so*',gprofng,'libgprofng*'}
	./usr/lib/x86_64-linux-gnu/{'libbfd*','libopcodes*','libisl*','libstdc++*'}
	./usr/bin/{'*-linux-gnu-*','perl*'} ./usr/share/{'perl*',doc,man,locale,zoneinfo,i18n,dpkg}
	./var/{cache,log,lib/apt,lib/dpkg/info}/'*')

# A larger file would not be taken along by scripts/vm.
package_archive() {
	local archive=$PACKAGE_DIR/guest/root.tar.gz
	package_in_root useradd -m -G fraktor member && package_in_root useradd -m outsider &&
		mkdir "$PACKAGE_DIR/guest" &&
		tar -C "$PACKAGE_ROOT" --numeric-owner "${PACKAGE_UNNEEDED[@]/#/--exclude=}" -cf - . |
		gzip -1 >"$archive" && (($(stat -c %s "$archive") < 64 << 20))
}

package_guest() {
	scripts/vm --kernel 6.1 --mem 1024 --build "$PACKAGE_DIR/guest" -- \
		scripts/checks/package-guest.sh "$PACKAGE_DIR/guest/root.tar.gz"
}

# The group stays, as groups do: files may still belong to it.
package_purge() {
	package_in_root apt-get -q -y purge fraktor-dkms fraktor-tools libfraktor-testing-dev libfraktor-dev \
		libfraktor1 || return 1
	package_in_root dkms status | diff /dev/null - || return 1
	find "$PACKAGE_ROOT" \( -path "$PACKAGE_ROOT/var/log" -o -path "$PACKAGE_ROOT/usr/local" \) -prune \
		-o \( -name '*fraktor*' -o -path "*/updates/dkms*" \) -print | diff /dev/null -
}

package_nothing_left() {
	! grep -F "$PACKAGE_DIR" /proc/self/mounts && rm -rf -- "$PACKAGE_DIR" && [[ ! -e $PACKAGE_DIR ]]
}

package_used() {
	PACKAGE_RELEASE=$(scripts/lab/kernel --get release 6.1)
	PACKAGE_KO=$PACKAGE_ROOT/lib/modules/$PACKAGE_RELEASE/updates/dkms/fraktor.ko
	tally_run package/installs_into_a_fresh_root package_install
	tally_run package/says_that_headers_are_missing package_tells_of_headers
	tally_run package/group package_group
	tally_run package/headers package_headers "$(scripts/lab/kernel --get version 6.1)"
	tally_run package/dkms_builds_when_headers_come package_built
	tally_run package/r2_5_no_manual_driver package_no_manual
	tally_run package/dkms_builds_at_an_upgrade package_upgrade
	tally_run package/module_is_signed package_signed
	tally_run package/compile package_compile quickstart ''
	tally_run package/compile_static package_compile quickstart-static --static
	tally_run package/r3_7_compile_test package_compile_test
	tally_run package/archive package_archive
	tally_tap package/guest 13 package_guest
	tally_run package/purge_leaves_nothing package_purge
}

check_packages() {
	tally_begin "Debian packages"
	PACKAGE_DIR=$(mktemp -d)
	PACKAGE_ROOT=$PACKAGE_DIR/root
	trap 'rm -rf -- "$PACKAGE_DIR"' EXIT
	tally_run package/build package_build "$PACKAGE_DIR/debs"
	tally_run package/reproducible package_again
	tally_run package/names package_names
	tally_run package/contents package_contents
	tally_run package/lintian package_lintian
	tally_run package/dkms_kernels package_kernels
	if ((EUID == 0)); then
		package_used
	else
		tally_skip package/used "only root can make a Debian root to install packages in"
	fi
	tally_run package/nothing_left package_nothing_left
}
