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
# Where the zsh of the distribution looks.
ZSHDIR ?= $(PREFIX)/share/zsh/vendor-completions
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
CORE_DIRS := base tick sched message mailbox actor event system
NETLINK_DIRS := netlink

sources = $(filter-out %_test.c %_race.c,$(wildcard $(addsuffix /*.c,$(1))))

CORE_SRC := $(call sources,$(addprefix libfraktor/,$(CORE_DIRS)))
NETLINK_SRC := $(call sources,$(addprefix libfraktor/,$(NETLINK_DIRS))) \
	libfraktor/base/error.c libfraktor/base/opts.c
TESTING_SRC := $(call sources,libfraktor/testing)
TOOL_SRC := $(call sources,tools tools/common tools/create tools/doctor tools/latency tools/plot tools/record tools/top tools/trace)
EXAMPLE_SRC := $(wildcard libfraktor/examples/*.c)
BENCH_SRC := $(call sources,libfraktor/bench)
LATENESS_SRC := $(call sources,libfraktor/bench/lateness)
TIMERS_SRC := $(call sources,libfraktor/bench/timers)
ACTORS_SRC := $(call sources,libfraktor/bench/actors)
RACE_SRC := $(wildcard libfraktor/*/*_race.c)
TEST_DIRS := $(sort $(notdir $(patsubst %/,%,$(dir $(wildcard libfraktor/*/*_test.c)))))
KMOD_TEST_SRC := $(wildcard kmod/tests/*_test.c)
KMOD_PURE_SRC := kmod/ring.c kmod/drift.c kmod/stats.c kmod/grid.c kmod/load.c

# Where the distribution puts the sources of packaged crates.
CRATES ?= /usr/share/cargo/registry

LIBS := $(O)/lib/libfraktor.a $(O)/lib/libfraktor.so \
	$(O)/lib/libfraktor-netlink.a $(O)/lib/libfraktor-netlink.so
TOOL := $(O)/tools/fraktor
EXAMPLES := $(patsubst libfraktor/examples/%.c,$(O)/examples/%,$(EXAMPLE_SRC)) \
	$(O)/examples/ring_reader
BENCHES := $(patsubst libfraktor/bench/%.c,$(O)/bench/%,$(BENCH_SRC)) $(O)/bench/lateness $(O)/bench/timers $(O)/bench/actors \
	$(if $(wildcard $(CRATES)/tokio-[0-9]*),$(O)/bench/tokio)
# What of top needs neither a terminal nor a module.
TOOL_TOP_PURE := tools/top/model.c tools/top/column.c
# What of create needs no device.
TOOL_CREATE_PURE := tools/create/child.c
TOOL_TEST_SRC := $(wildcard tools/tests/*_test.c)
TESTS := $(TEST_DIRS:%=$(O)/tests/%_test) $(O)/tests/tool_test $(O)/tests/fraktor $(O)/tests/kmod_test
PICTURES := $(patsubst scripts/draw-%,Documentation/%.svg,$(wildcard scripts/draw-*))
# The folders that know no operating system, with malloc forbidden.
BARE := $(O)/tests/bare
BARE_SRC := $(filter-out libfraktor/base/error.c,$(call sources,$(addprefix libfraktor/,base sched message mailbox actor event))) \
	libfraktor/freestanding/bare.c libfraktor/freestanding/host.c
MODEL := $(O)/tests/handoff_model
MODEL_SRC := $(wildcard libfraktor/model/*.c) $(filter-out libfraktor/base/error.c, \
	$(call sources,$(addprefix libfraktor/,base sched message mailbox actor)))
RACES := $(patsubst %.c,$(O)/tests/race/%,$(notdir $(RACE_SRC)))

# --- verbs -----------------------------------------------------------------

all: lib tools examples ## libraries, tool and examples
lib: $(LIBS) ## libfraktor and libfraktor-netlink, shared and static
testing: $(O)/lib/libfraktor.a $(O)/lib/libfraktor-testing.a ## the library for tests of actors
tools: $(TOOL) ## the program fraktor
examples: $(EXAMPLES) ## programs that use the library
benches: $(BENCHES) ## measuring programs, with those of the peers' libraries that are there
bench: ## fraktor and its peers compared, in VMs: KERNELS="6.1 6.1-rt" QUICK=1 LOAD=1
	@scripts/bench $(if $(QUICK),--quick) $(if $(LOAD),--load) $(KERNELS)
bench-timers: ## timers of fraktor and its peers compared, on this machine: QUICK=1
	@scripts/bench-timers $(if $(QUICK),--quick)
bench-actors: ## actors of fraktor and its peers compared, on this machine: QUICK=1
	@scripts/bench-actors $(if $(QUICK),--quick)

tests: tests-plain races ## unit tests and race tests
tests-plain: $(TESTS) $(BARE) ## unit tests (Criterion)
races: $(RACES) ## race tests, under ThreadSanitizer
models: $(MODEL) ## every order in which threads may come, of what must not lose a message

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

docs: ## the documentation as HTML, into build/docs/html
	@scripts/docs "$(O)/docs"

pictures: $(PICTURES) ## the pictures of the documentation

install: all install-system ## into DESTDIR, under PREFIX (/usr)
	$(call quiet,INSTALL,$(DESTDIR)$(PREFIX))
	$(Q)install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(PREFIX)/bin \
		$(DESTDIR)$(PREFIX)/include/fraktor $(DESTDIR)$(PREFIX)/include/linux \
		$(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/fraktor/schema \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(ZSHDIR)
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
	$(Q)install -m 644 Documentation/schema/*.json $(DESTDIR)$(PREFIX)/share/fraktor/schema
	$(Q)install -m 644 tools/completion/fraktor.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/fraktor
	$(Q)install -m 644 tools/completion/fraktor.zsh $(DESTDIR)$(ZSHDIR)/_fraktor

install-testing: testing ## for tests of actors, beside make install: time by hand, probes, faults
	$(Q)install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(PREFIX)/include/fraktor-testing/fraktor
	$(Q)install -m 644 $(O)/lib/libfraktor-testing.a $(DESTDIR)$(LIBDIR)
	$(Q)sed -e 's,@PREFIX@,$(PREFIX),' -e 's,@LIBDIR@,$(LIBDIR),' -e 's,@VERSION@,$(VERSION),' \
		libfraktor/libfraktor-testing.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/libfraktor-testing.pc
	$(Q)install -m 644 libfraktor/testing/include/fraktor/*.h \
		$(DESTDIR)$(PREFIX)/include/fraktor-testing/fraktor

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

.PHONY: all lib testing tools examples benches bench bench-timers bench-actors tests tests-plain races models kmod selftests matrix run check docs pictures install install-testing install-system install-dkms clean help

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
	-Ilibfraktor/include $(TESTING_CPPFLAGS) $(CPPFLAGS)
# The public header for tests, which production does not have.
TESTING_CPPFLAGS = -Ilibfraktor/testing/include
# The tool sees what is installed and nothing else; the examples likewise.
USER_CPPFLAGS = -D_GNU_SOURCE -DFRK_VERSION='"$(VERSION)"' -Ilibfraktor/include -Itools $(CPPFLAGS)
BASE_LDFLAGS = $(LDFLAGS) $(SANFLAGS) -pthread -Wl,--as-needed
ALL_LDFLAGS = $(BASE_LDFLAGS) -Wl,--gc-sections
# Criterion finds tests by their section, which nothing refers to.
TEST_LDFLAGS = $(BASE_LDFLAGS) -Wl,--no-gc-sections

URING_LIBS = $(shell $(PKG_CONFIG) --libs liburing)
NL_CFLAGS = $(shell $(PKG_CONFIG) --cflags libnl-genl-3.0)
CURSES_CFLAGS = $(shell $(PKG_CONFIG) --cflags ncursesw)
CURSES_LIBS = $(shell $(PKG_CONFIG) --libs ncursesw)
NL_LIBS = $(shell $(PKG_CONFIG) --libs libnl-genl-3.0)
HTTP_LIBS = $(shell $(PKG_CONFIG) --libs libmicrohttpd)
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

# Peers of the bench are measured where they are installed.
BENCH_PKGS = $(shell for p in libuv libevent_core; do $(PKG_CONFIG) --exists $$p && echo $$p; done)
BENCH_CPPFLAGS = $(if $(filter libuv,$(BENCH_PKGS)),-DBENCH_LIBUV) \
	$(if $(filter libevent_core,$(BENCH_PKGS)),-DBENCH_LIBEVENT)
BENCH_LIBS = $(if $(BENCH_PKGS),$(shell $(PKG_CONFIG) --libs $(BENCH_PKGS)))

# DPDK comes with two hundred packages: measured only where it is wanted anyway.
BENCH_DPDK = $(shell $(PKG_CONFIG) --exists libdpdk && echo yes)
TIMERS_LIBS = $(BENCH_LIBS) $(if $(BENCH_DPDK),-lrte_timer -lrte_eal)

$(O)/obj/libfraktor/bench/timers/dpdk.o: ALL_CFLAGS += $(if $(BENCH_DPDK),-DBENCH_DPDK $(shell $(PKG_CONFIG) --cflags libdpdk))

# Actors as an application has them: the public headers alone.
$(O)/obj/libfraktor/bench/actors/%.o: libfraktor/bench/actors/%.c
	$(call quiet,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CPPFLAGS) $(ALL_CFLAGS) -c $< -o $@

$(O)/obj/libfraktor/bench/%.o: libfraktor/bench/%.c
	$(call quiet,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LIB_CPPFLAGS) $(BENCH_CPPFLAGS) $(ALL_CFLAGS) -c $< -o $@

$(O)/obj/libfraktor/%.o: libfraktor/%.c
	$(call quiet,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LIB_CPPFLAGS) $(ALL_CFLAGS) -c $< -o $@

# These use the device itself: <linux/fraktor.h> is installed, too.
$(O)/obj/tools/record/attach.o $(O)/obj/tools/create/line.o $(O)/obj/tools/common/device.o: CPPFLAGS += -Iuapi

# The completions as they are installed, as strings of C.
$(O)/gen/completion/%.inc: tools/completion/%
	$(call quiet,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)sed -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $< >$@
$(O)/obj/tools/cmd_completion.o: CPPFLAGS += -I$(O)/gen
$(O)/obj/tools/cmd_completion.o: $(O)/gen/completion/fraktor.bash.inc $(O)/gen/completion/fraktor.zsh.inc

$(O)/obj/tools/%.o: tools/%.c
	$(call quiet,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CPPFLAGS) $(CURSES_CFLAGS) $(ALL_CFLAGS) -c $< -o $@

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
$(O)/lib/libfraktor-netlink.so: SO_LIBS = -L$(O)/lib -lfraktor $(NL_LIBS)
$(O)/lib/libfraktor-netlink.so: | $(O)/lib/libfraktor.so
# VERSION and ABI are in their names.
$(O)/lib/libfraktor.so $(O)/lib/libfraktor-netlink.so: Makefile
$(O)/lib/%.so:
	$(call quiet,LD,$(basename $@).$(SO))
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared $(ALL_LDFLAGS) -Wl,-soname,$(@F).$(ABI) \
		-Wl,--version-script=$(filter %.map,$^) -Wl,-z,defs \
		$(filter %.o,$^) $(SO_LIBS) -o $(basename $@).$(SO)
	$(Q)ln -sf $(basename $(@F)).$(SO) $@.$(ABI) && ln -sf $(@F).$(ABI) $@

$(TOOL): $(call obj,$(TOOL_SRC)) $(O)/lib/libfraktor.a $(O)/lib/libfraktor-netlink.a
	$(call quiet,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(URING_LIBS) $(NL_LIBS) $(CURSES_LIBS) $(HTTP_LIBS) -o $@

# The tool with a module that a script has: of two functions the first one wins.
$(O)/tests/fraktor: $(call obj,tools/tests/scripted_netlink.c $(TOOL_SRC)) \
		$(O)/lib/libfraktor.a $(O)/lib/libfraktor-netlink.a
	$(call quiet,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,--allow-multiple-definition $^ \
		$(URING_LIBS) $(NL_LIBS) $(CURSES_LIBS) $(HTTP_LIBS) -o $@

# A test of an application sees what no application does.
TESTING_EXAMPLES := template_testing template_replay
$(TESTING_EXAMPLES:%=$(O)/obj/libfraktor/examples/%.o): CPPFLAGS += $(TESTING_CPPFLAGS)
$(O)/obj/libfraktor/examples/template_replay.o: CPPFLAGS += -Ilibfraktor
$(TESTING_EXAMPLES:%=$(O)/examples/%): $(O)/lib/libfraktor-testing.a

$(O)/examples/%: $(O)/obj/libfraktor/examples/%.o $(O)/lib/libfraktor.a
	$(call quiet,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) $(filter %.o,$^) $(sort $(filter %-testing.a,$^)) \
		$(O)/lib/libfraktor.a $(URING_LIBS) -o $@

# The reader of Documentation/ring.rst needs no library.
$(O)/examples/ring_reader: Documentation/examples/ring_reader.c
	$(call quiet,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CSTD) $(WARN) $(CFLAGS) -Iuapi $< -o $@

$(O)/bench/lateness: $(call obj,$(LATENESS_SRC)) $(O)/lib/libfraktor.a
	$(call quiet,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(URING_LIBS) $(BENCH_LIBS) -lm -o $@

$(O)/bench/timers: $(call obj,$(TIMERS_SRC)) $(O)/lib/libfraktor.a
	$(call quiet,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(TIMERS_LIBS) -o $@

$(O)/bench/actors: $(call obj,$(ACTORS_SRC)) $(O)/lib/libfraktor.a
	$(call quiet,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(URING_LIBS) -o $@

# The peers' programs, where the peers are.
$(O)/bench/actors-caf: libfraktor/bench/actors/peer.cpp
	$(call quiet,CXX,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CXX) -std=c++17 -O2 -g $< -lcaf_core -pthread -o $@

$(O)/bench/bench_actors.beam: libfraktor/bench/actors/bench_actors.erl
	$(call quiet,ERLC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)erlc -o $(@D) $<

$(O)/bench/tokio: $(wildcard libfraktor/bench/tokio/*) scripts/benches/tokio
	$(call quiet,CARGO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)scripts/benches/tokio $(CRATES) $@

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

# What the library allocates is counted: allocation_test.c.
$(O)/tests/system_test: TEST_LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free

$(O)/tests/tool_test: $(call obj,$(TOOL_TEST_SRC) $(filter tools/common/% tools/plot/% tools/record/% tools/trace/% $(TOOL_TOP_PURE) $(TOOL_CREATE_PURE),$(TOOL_SRC))) \
		$(O)/lib/libfraktor.a $(O)/lib/libfraktor-netlink.a
	$(call quiet,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(TEST_LDFLAGS) $^ $(TEST_LIBS) $(NL_LIBS) $(HTTP_LIBS) -o $@

$(O)/tests/kmod_test: $(call obj,$(KMOD_TEST_SRC) $(KMOD_PURE_SRC))
	$(call quiet,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(TEST_LDFLAGS) $^ $(TEST_LIBS) -o $@

$(BARE): $(call obj,$(BARE_SRC))
	$(call quiet,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc $^ -o $@

# A race test is one program with the whole library inside, under TSan.
$(O)/tests/race/%: $(CORE_SRC) $(TESTING_SRC) $(RACE_SRC)
	$(call quiet,CCRACE,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LIB_CPPFLAGS) $(CSTD) $(WARN) -O1 -g -fsanitize=thread -pthread \
		$(filter %/$*.c,$(RACE_SRC)) $(CORE_SRC) $(filter %scripted_driver.c %faulty_driver.c %led_driver.c,$(TESTING_SRC)) \
		$(URING_LIBS) -o $@

# What is explored is compiled with atomic operations that let other threads come.
$(MODEL): $(MODEL_SRC) $(wildcard libfraktor/model/*.h libfraktor/base/*.h libfraktor/mailbox/*.h libfraktor/actor/*.h)
	$(call quiet,CCMODEL,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LIB_CPPFLAGS) $(CSTD) $(WARN) -O2 -g -include libfraktor/model/atomics.h \
		$(MODEL_SRC) -o $@

compile_commands.json: FORCE ## for clangd and clang-tidy
	$(call quiet,GEN,$@)
	$(Q)scripts/compile-commands O=$(O) all tests-plain >$@.new && mv $@.new $@

# These are of the tool, on a terminal.
Documentation/top.svg Documentation/top-wide.svg: scripts/terminal.py $(O)/tests/fraktor
Documentation/plot.svg Documentation/plot-terminal.svg: scripts/terminal.py tools/tests/recording.py $(TOOL)
Documentation/%.svg: scripts/draw-% scripts/drawing.py
	$(call quiet,GEN,$@)
	$(Q)$< >$@.new && mv $@.new $@

FORCE:

# Objects stay, also those that only a pattern rule asked for.
.SECONDARY:
-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
