# SPDX-License-Identifier: MIT
#
# Verbs only: what each library, program and test is made of is one line of
# sources below; how things are compiled stands at the end.  The kernel module
# has a makefile of its own (Kbuild, kmod/Kbuild), called by the goal kmod.

VERSION := 0.1.0
# The number of the shared libraries' interface: raised when a program built
# before would no longer run.
ABI := 1
SO := so.$(ABI).$(VERSION)

O ?= build
DESTDIR ?=
PREFIX ?= /usr
LIBDIR ?= $(PREFIX)/lib/$(shell $(CC) -print-multiarch 2>/dev/null)

CC ?= gcc
CXX ?= g++
CFLAGS ?= -O2 -g
CPPFLAGS ?=
LDFLAGS ?=
PKG_CONFIG ?= pkg-config

# SAN=address,undefined or SAN=thread builds everything with that sanitizer.
SAN ?=

override O := $(abspath $(O))
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DEFAULT_GOAL := all

# --- what there is ---------------------------------------------------------

# In the order of the layers: a folder may see those before it.
CORE_DIRS := base tick sched message mailbox actor system
NETLINK_DIRS := netlink

sources = $(filter-out %_test.c %_race.c,$(wildcard $(addsuffix /*.c,$(1))))

CORE_SRC := $(call sources,$(addprefix libfraktor/,$(CORE_DIRS)))
NETLINK_SRC := $(call sources,$(addprefix libfraktor/,$(NETLINK_DIRS))) \
	libfraktor/base/error.c libfraktor/base/opts.c
TESTING_SRC := $(call sources,libfraktor/testing)
TOOL_SRC := $(call sources,tools tools/common)
EXAMPLE_SRC := $(wildcard libfraktor/examples/*.c)
BENCH_SRC := $(call sources,libfraktor/bench)
RACE_SRC := $(wildcard libfraktor/*/*_race.c)
TEST_DIRS := $(sort $(notdir $(patsubst %/,%,$(dir $(wildcard libfraktor/*/*_test.c)))))
KMOD_TEST_SRC := $(wildcard kmod/tests/*_test.c)
KMOD_PURE_SRC := kmod/ring.c kmod/drift.c kmod/stats.c kmod/grid.c kmod/load.c

LIBS := $(O)/lib/libfraktor.a $(O)/lib/libfraktor.so \
	$(O)/lib/libfraktor-netlink.a $(O)/lib/libfraktor-netlink.so
TOOL := $(O)/tools/fraktor
EXAMPLES := $(patsubst libfraktor/examples/%.c,$(O)/examples/%,$(EXAMPLE_SRC)) \
	$(O)/examples/ring_reader
BENCHES := $(patsubst libfraktor/bench/%.c,$(O)/bench/%,$(BENCH_SRC))
TOOL_TEST_SRC := $(wildcard tools/tests/*_test.c)
TESTS := $(TEST_DIRS:%=$(O)/tests/%_test) $(O)/tests/tool_test $(O)/tests/kmod_test
RACES := $(patsubst %.c,$(O)/tests/race/%,$(notdir $(RACE_SRC)))

# --- verbs -----------------------------------------------------------------

all: lib tools examples ## libraries, tool and examples
lib: $(LIBS) ## libfraktor and libfraktor-netlink, shared and static
tools: $(TOOL) ## the program fraktor
examples: $(EXAMPLES) ## programs that use the library
bench: $(BENCHES) ## measuring programs
tests: tests-plain races ## unit tests and race tests
tests-plain: $(TESTS) ## unit tests (Criterion)
races: $(RACES) ## race tests, under ThreadSanitizer

kmod: ## fraktor.ko; KDIR=<kernel build tree>, or KERNEL=7-rt; default: the running kernel
	+@scripts/lab/build-module "$(or $(KERNEL),$(KDIR))" "$(O)" $(if $(V),--verbose)

selftests: ## kselftests of the module, for a VM or a host that has it loaded
	+$(Q)ksft=$$(scripts/lab/kselftest-headers) && \
		$(MAKE) --no-print-directory -C selftests V=$(V) OUTPUT=$(O)/selftests \
			KSFT=$$ksft/tools/testing/selftests

matrix: ## the module on all kernels it is for, with a table as the result
	@scripts/matrix

run: ## the quickstart in a VM: KERNEL= PERIOD_US= DURATION_S= DRIVER= HOST=1
	@scripts/run

check: ## all tests, as CI runs them
	@scripts/check

picture: Documentation/path.svg ## the picture of the path from timer to actor

install: all install-system ## into DESTDIR, under PREFIX (/usr)
	$(call quiet,INSTALL,$(DESTDIR)$(PREFIX))
	$(Q)install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(PREFIX)/bin \
		$(DESTDIR)$(PREFIX)/include/fraktor $(DESTDIR)$(PREFIX)/include/linux \
		$(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions
	$(Q)install -m 644 $(O)/lib/libfraktor.a $(O)/lib/libfraktor-netlink.a $(DESTDIR)$(LIBDIR)
	$(Q)for l in libfraktor libfraktor-netlink; do \
		install -m 755 $(O)/lib/$$l.$(SO) $(DESTDIR)$(LIBDIR) && \
		ln -sf $$l.$(SO) $(DESTDIR)$(LIBDIR)/$$l.so.$(ABI) && \
		ln -sf $$l.so.$(ABI) $(DESTDIR)$(LIBDIR)/$$l.so && \
		sed -e 's,@PREFIX@,$(PREFIX),' -e 's,@LIBDIR@,$(LIBDIR),' \
			-e 's,@VERSION@,$(VERSION),' libfraktor/$$l.pc.in \
			>$(DESTDIR)$(LIBDIR)/pkgconfig/$$l.pc || exit 1; done
	$(Q)install -m 644 libfraktor/include/fraktor/*.h $(DESTDIR)$(PREFIX)/include/fraktor
	$(Q)install -m 644 uapi/linux/*.h $(DESTDIR)$(PREFIX)/include/linux
	$(Q)install -m 755 $(TOOL) $(DESTDIR)$(PREFIX)/bin
	$(Q)install -m 644 Documentation/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	$(Q)install -m 644 tools/completion/fraktor.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/fraktor

install-system: ## what the system needs for the module: udev rule, group, loading at boot
	$(Q)cd scripts/packages/system && lib="$(DESTDIR)$(PREFIX)/lib" && \
		install -D -m 644 60-fraktor.rules "$$lib/udev/rules.d/60-fraktor.rules" && \
		install -D -m 644 modules-load.conf "$$lib/modules-load.d/fraktor.conf" && \
		install -D -m 644 sysusers.conf "$$lib/sysusers.d/fraktor.conf"

install-dkms: ## the module's sources, for dkms add fraktor/VERSION
	$(Q)to="$(DESTDIR)$(PREFIX)/src/fraktor-$(VERSION)" && rm -rf "$$to" && \
		find Kbuild kmod uapi/linux kmod/tests/manual.h \
			\( -path kmod/tests -o -path kmod/samples \) -prune -o \
			\( -name '*.[ch]' -o -name 'Kbuild*' \) -type f \
			-exec install -D -m 644 {} "$$to/{}" \; && \
		sed 's,@VERSION@,$(VERSION),' scripts/packages/dkms.conf >"$$to/dkms.conf"

clean: ## remove the build directory
	$(Q)rm -rf $(O)

help: ## this text
	@printf 'make [GOAL...] [V=1] [O=dir] [DESTDIR=dir] [PREFIX=/usr] [SAN=address,undefined|thread]\n\n'
	@sed -n 's/^\([a-z_.-]*\):[^#]*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | \
		while IFS="$$(printf '\t')" read -r goal text; do printf '  %-22s %s\n' "$$goal" "$$text"; done

.PHONY: all lib tools examples bench tests tests-plain races kmod selftests matrix run check picture install install-system install-dkms clean help

# --- how -------------------------------------------------------------------

ifeq ($(V),)
Q := @
# make -s is as silent as it says.
quiet = $(if $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),@:,@printf '  %-8s%s\n' '$(1)' '$(patsubst $(CURDIR)/%,%,$(2))')
else
Q :=
quiet = @:
endif

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef
CSTD := -std=gnu11
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
ALL_CFLAGS = $(CSTD) $(WARN) $(CFLAGS) $(SANFLAGS) -pthread -fPIC -fvisibility=hidden \
	-ffunction-sections -fdata-sections -MMD -MP
LIB_CPPFLAGS = -D_GNU_SOURCE -DFRK_VERSION='"$(VERSION)"' -Iuapi -Ilibfraktor \
	-Ilibfraktor/include $(CPPFLAGS)
# The tool sees what is installed and nothing else; the examples likewise.
USER_CPPFLAGS = -D_GNU_SOURCE -DFRK_VERSION='"$(VERSION)"' -Ilibfraktor/include -Itools $(CPPFLAGS)
BASE_LDFLAGS = $(LDFLAGS) $(SANFLAGS) -pthread -Wl,--as-needed
ALL_LDFLAGS = $(BASE_LDFLAGS) -Wl,--gc-sections
# Criterion finds tests by their section, which nothing refers to.
TEST_LDFLAGS = $(BASE_LDFLAGS) -Wl,--no-gc-sections

URING_LIBS = $(shell $(PKG_CONFIG) --libs liburing)
NL_CFLAGS = $(shell $(PKG_CONFIG) --cflags libnl-genl-3.0)
NL_LIBS = $(shell $(PKG_CONFIG) --libs libnl-genl-3.0)
TEST_LIBS = -lcriterion

obj = $(patsubst %.c,$(O)/obj/%.o,$(1))

$(O)/obj/libfraktor/netlink/%.o: libfraktor/netlink/%.c
	$(call quiet,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LIB_CPPFLAGS) $(NL_CFLAGS) $(ALL_CFLAGS) -c $< -o $@

$(O)/obj/libfraktor/examples/%.o: libfraktor/examples/%.c
	$(call quiet,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CPPFLAGS) $(ALL_CFLAGS) -c $< -o $@

$(O)/obj/libfraktor/%.o: libfraktor/%.c
	$(call quiet,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LIB_CPPFLAGS) $(ALL_CFLAGS) -c $< -o $@

$(O)/obj/tools/%.o: tools/%.c
	$(call quiet,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CPPFLAGS) $(ALL_CFLAGS) -c $< -o $@

# The module's pure parts, against user-space stand-ins for kernel headers.
$(O)/obj/kmod/%.o: kmod/%.c
	$(call quiet,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE -Ikmod/tests/user/include -Ikmod -Iuapi $(ALL_CFLAGS) -c $< -o $@

$(O)/lib/libfraktor.a: $(call obj,$(CORE_SRC))
$(O)/lib/libfraktor-netlink.a: $(call obj,$(NETLINK_SRC))
$(O)/lib/libfraktor-testing.a: $(call obj,$(TESTING_SRC))
$(O)/lib/%.a:
	$(call quiet,AR,$@)
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/lib/libfraktor.so: $(call obj,$(CORE_SRC)) libfraktor/libfraktor.map
$(O)/lib/libfraktor.so: SO_LIBS = $(URING_LIBS)
$(O)/lib/libfraktor-netlink.so: $(call obj,$(NETLINK_SRC)) libfraktor/libfraktor-netlink.map
$(O)/lib/libfraktor-netlink.so: SO_LIBS = $(NL_LIBS)
# VERSION and ABI are in their names.
$(O)/lib/libfraktor.so $(O)/lib/libfraktor-netlink.so: Makefile
$(O)/lib/%.so:
	$(call quiet,LD,$(basename $@).$(SO))
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared $(ALL_LDFLAGS) -Wl,-soname,$(@F).$(ABI) \
		-Wl,--version-script=$(filter %.map,$^) -Wl,-z,defs \
		$(filter %.o,$^) $(SO_LIBS) -o $(basename $@).$(SO)
	$(Q)ln -sf $(basename $(@F)).$(SO) $@.$(ABI) && ln -sf $(@F).$(ABI) $@

$(TOOL): $(call obj,$(TOOL_SRC)) $(O)/lib/libfraktor-netlink.a
	$(call quiet,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(NL_LIBS) -o $@

$(O)/examples/%: $(O)/obj/libfraktor/examples/%.o $(O)/lib/libfraktor.a
	$(call quiet,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(URING_LIBS) -o $@

# The reader of Documentation/ring.rst needs no library.
$(O)/examples/ring_reader: Documentation/examples/ring_reader.c
	$(call quiet,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) $(WARN) $(CFLAGS) -Iuapi $< -o $@

$(O)/bench/%: $(O)/obj/libfraktor/bench/%.o $(O)/lib/libfraktor.a
	$(call quiet,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(URING_LIBS) -lm -o $@

define test_rule
$(O)/tests/$(1)_test: $$(call obj,$$(wildcard libfraktor/$(1)/*_test.c)) \
		$(O)/lib/libfraktor-testing.a $(O)/lib/libfraktor.a $(O)/lib/libfraktor-netlink.a
	$$(call quiet,LD,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(TEST_LDFLAGS) $$^ $$(TEST_LIBS) $$(URING_LIBS) $$(NL_LIBS) -o $$@
endef
$(foreach d,$(TEST_DIRS),$(eval $(call test_rule,$(d))))

$(O)/tests/tool_test: $(call obj,$(TOOL_TEST_SRC) $(filter tools/common/%,$(TOOL_SRC))) \
		$(O)/lib/libfraktor-netlink.a
	$(call quiet,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(TEST_LDFLAGS) $^ $(TEST_LIBS) $(NL_LIBS) -o $@

$(O)/tests/kmod_test: $(call obj,$(KMOD_TEST_SRC) $(KMOD_PURE_SRC))
	$(call quiet,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(TEST_LDFLAGS) $^ $(TEST_LIBS) -o $@

# A race test is one program with the whole library inside, under TSan.
$(O)/tests/race/%: $(CORE_SRC) $(TESTING_SRC) $(RACE_SRC)
	$(call quiet,CCRACE,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LIB_CPPFLAGS) $(CSTD) $(WARN) -O1 -g -fsanitize=thread -pthread \
		$(filter %/$*.c,$(RACE_SRC)) $(CORE_SRC) $(filter %scripted_driver.c,$(TESTING_SRC)) \
		$(URING_LIBS) -o $@

compile_commands.json: FORCE ## for clangd and clang-tidy
	$(call quiet,GEN,$@)
	$(Q)scripts/compile-commands O=$(O) all tests-plain >$@.new && mv $@.new $@

Documentation/path.svg: scripts/draw-path
	$(call quiet,GEN,$@)
	$(Q)scripts/draw-path >$@

FORCE:

# Objects stay, also those that only a pattern rule asked for.
.SECONDARY:
-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
