# SPDX-License-Identifier: GPL-2.0-or-later
# make            build build/kleak-dump
# make deps       install what is missing (Debian packages)
# make demo       build the sample dump and analyse it
# make test       all tests that can run here
# make fuzz       fuzz targets for every parser of foreign bytes, some seconds each; make fuzz-long: an hour each
# make bench      what analyses take, in ratios (docs/performance.md); make bench-quick: a minute
# make test-e2e   build, boot and dump kernels that leak on purpose, and judge what we find there (tests/e2e/README.md)
# make lint       formatting, static analysis, layering
# make install    into DESTDIR PREFIX (bindir, mandir, docdir ...); make uninstall takes that away again
# make deb        a Debian package, in build/deb; make check-package: that it is whole, in Debian 12 and 13
# make check-reproducible   that two builds in two folders give the same bytes
# Variables: V=1 shows commands, CC=clang, SAN=1 builds with ASan and UBSan into build-san, WERROR=1 makes warnings errors.

VERSION := 0.1.0
PREFIX ?= /usr/local
bindir ?= $(PREFIX)/bin
includedir ?= $(PREFIX)/include
mandir ?= $(PREFIX)/share/man
docdir ?= $(PREFIX)/share/doc/kleak-dump
bashcompdir ?= $(PREFIX)/share/bash-completion/completions
zshcompdir ?= $(PREFIX)/share/zsh/site-functions
DATADIR ?= $(PREFIX)/share/kleak-dump
PLUGINDIR ?= $(PREFIX)/lib/kleak-dump/plugins
B := $(if $(SAN),build-san,build)

CC ?= cc
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wformat=2 -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wundef \
	-Wwrite-strings -Wno-missing-field-initializers $(if $(WERROR),-Werror)
comma := ,
SANITIZE := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
# pkg-config knows where they are; some of them have no file for it on Debian 12.
PACKAGES := libkdumpfile libaddrxlat libdwarf libelf sqlite3 zlib liblzma libzstd
PACKAGE_CFLAGS := $(foreach p,$(PACKAGES),$(shell pkg-config --cflags-only-I $(p) 2>/dev/null))
PACKAGE_LIBS := $(foreach p,$(PACKAGES),$(shell pkg-config --libs-only-L $(p) 2>/dev/null))
DIRECTORIES = -DKL_DATA_DIR='"$(DATADIR)"' -DKL_PLUGIN_DIR='"$(PLUGINDIR)"'
# Two builds in two folders are the same, byte by byte: no file is named by where it was compiled, lists have an order.
REPRODUCIBLE := -ffile-prefix-map=$(CURDIR)=.
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DKL_VERSION='"$(VERSION)"' $(DIRECTORIES) $(WARNINGS) \
	$(REPRODUCIBLE) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) -Isrc -Iinclude -I$(B)/gen -MMD -MP $(PACKAGE_CFLAGS)
LIBS := $(PACKAGE_LIBS) -lkdumpfile -laddrxlat -ldwarf -lelf -lsqlite3 -lz -llzma -lzstd -lpthread -ldl

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

SOURCES := $(sort $(filter-out src/cli/main.c,$(wildcard src/*/*.c src/*/*/*.c)))
OBJECTS := $(SOURCES:%.c=$(B)/%.o) $(B)/gen/schema.o $(B)/gen/page.o
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))

PLUGINS := $(patsubst plugins/%.c,$(B)/plugins/%.so,$(wildcard plugins/*.c))
TEST_PLUGINS := $(patsubst tests/plugins/%.c,$(B)/tests/plugins/%.so,$(wildcard tests/plugins/*.c))

all: $(B)/kleak-dump $(PLUGINS)

$(B)/kleak-dump: $(B)/src/cli/main.o $(B)/libkleak.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/libkleak.a: $(OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar crsD $@ $^

$(B)/%.o: %.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# Plugins see the public header, and nothing else of the tree; abi_1_0 and its like of the tests the header as it was. Root
# loads none that others may write to, whatever the umask.
$(B)/plugins/%.so: plugins/%.c include/kleak/plugin.h
	$(call say,PLUGIN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 $(WARNINGS) $(REPRODUCIBLE) $(CPPFLAGS) $(CFLAGS) -Iinclude -fPIC -shared $(LDFLAGS) -o $@ $<
	$(Q)chmod go-w $(@D) $@

$(B)/tests/plugins/%.so: tests/plugins/%.c tests/plugins/test_plugin.h include/kleak/plugin.h
	$(call say,PLUGIN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 $(WARNINGS) $(CFLAGS) -fPIC -shared \
		-I$(patsubst abi_1_%,tests/plugins/abi-1.%,$(or $(filter abi_%,$*),include)) -o $@ $<
	$(Q)chmod go-w $(@D) $@

# The migrations of schema/ as one C array of strings, in order of their numbers.
$(B)/gen/schema.c: $(sort $(wildcard schema/*.sql)) scripts/embed-schema
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)scripts/embed-schema $(sort $(wildcard schema/*.sql)) > $@

# The page of `report --format html`, with the library that it draws with.
D3 := third_party/d3-hierarchy/d3-hierarchy.min.js
$(B)/gen/page.c: $(wildcard src/report/html/*) $(D3) scripts/embed-page
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)scripts/embed-page src/report/html $(D3) > $@

$(B)/gen/%.o: $(B)/gen/%.c
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(B)/tests/unit/%: tests/unit/%.c $(B)/libkleak.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit $(LDFLAGS) -o $@ $< $(B)/libkleak.a $(LIBS)

$(B)/tests/torture/torture: tests/torture/torture.c $(B)/libkleak.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libkleak.a $(LIBS)

$(B)/tests/forget-variables: tests/e2e/forget-variables.c $(B)/libkleak.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libkleak.a $(LIBS)

$(B)/tests/bench/floor: tests/bench/floor.c $(B)/libkleak.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(B)/libkleak.a $(LIBS)

# Libraries for LD_PRELOAD, for tests/cli/{faults,sandbox}.sh. Not beside a sanitizer, which has the allocator for itself.
SHIMS := $(if $(SAN),,$(B)/tests/faults.so $(B)/tests/forbidden.so)
$(B)/tests/%.so: tests/faults/%.c
	$(call say,SHIM,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -fPIC -shared -o $@ $< -ldl

include tests/fixtures/fixtures.mk
include tests/e2e/e2e.mk
include tests/fuzz/fuzz.mk

deps:
	$(Q)scripts/deps

demo: deps
	$(Q)$(MAKE) --no-print-directory $(B)/kleak-dump $(B)/fixtures/demo.vmcore
	$(Q)scripts/demo $(B)

test: deps
	$(Q)$(MAKE) --no-print-directory check

# The tests without the installation of packages; TESTS="pattern" runs only those whose path holds the pattern.
check: $(B)/kleak-dump $(PLUGINS) $(TEST_PLUGINS) $(UNIT_TESTS) $(SHIMS) $(B)/tests/forget-variables fixtures
	$(Q)tests/run $(B) $(TESTS)

test-sanitize: deps
	$(Q)$(MAKE) --no-print-directory SAN=1 check

# Damages copies of real dumps and looks who is accused; RUNS=N per target and kind (6 take some minutes), SEED=N.
torture: $(B)/kleak-dump $(B)/tests/torture/torture
	$(Q)tests/torture/run $(B) $(RUNS) $(SEED)

BENCH := $(B)/kleak-dump $(B)/tests/bench/floor $(B)/fixtures/demo.kernel $(B)/fixtures/mkdump
bench: $(BENCH)
	$(Q)tests/bench/run $(B) $(OBJECTS)
bench-quick: $(BENCH)
	$(Q)ROUNDS=1 tests/bench/run $(B) 100000 400000

check-debian13: deps
	$(Q)scripts/check-debian13

check-layers:
	$(Q)scripts/check-layers

lint: deps
	$(Q)scripts/lint

# For scripts/lint: everything the compilers see, and the flags they see it with.
programs: $(B)/kleak-dump $(UNIT_TESTS) $(SHIMS) $(B)/tests/torture/torture $(B)/tests/bench/floor

flags:
	@echo $(ALL_CFLAGS)

# One page for each command, cut out of the one for all.
COMMANDS := $(shell sed -n 's/^KL_COMMAND.\([a-z]*\),.*/\1/p' src/cli/commands.def)
MAN_PAGES := $(COMMANDS:%=$(B)/man/kleak-dump-%.1)
$(B)/man/kleak-dump-%.1: docs/kleak-dump.1 src/cli/commands.def scripts/split-man
	$(call say,MAN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)scripts/split-man $* docs/kleak-dump.1 > $@
man: $(MAN_PAGES)

INSTALL := install
define INSTALLED
$(B)/kleak-dump 755 $(bindir)/kleak-dump
include/kleak/kleak.h 644 $(includedir)/kleak/kleak.h
include/kleak/plugin.h 644 $(includedir)/kleak/plugin.h
suppressions/kernel.supp 644 $(DATADIR)/suppressions/kernel.supp
plugins/template/acme.c 644 $(DATADIR)/plugin-template/acme.c
plugins/template/acme_report.c 644 $(DATADIR)/plugin-template/acme_report.c
plugins/template/Makefile 644 $(DATADIR)/plugin-template/Makefile
docs/kleak-dump.1 644 $(mandir)/man1/kleak-dump.1
completion/kleak-dump.bash 644 $(bashcompdir)/kleak-dump
completion/_kleak-dump 644 $(zshcompdir)/_kleak-dump
README.md 644 $(docdir)/README.md
endef
export INSTALLED

# Files are listed once; what is installed is what is taken away again.
install: $(B)/kleak-dump $(PLUGINS) $(MAN_PAGES)
	$(Q)echo "$$INSTALLED" | while read -r file mode target; do \
		$(INSTALL) -D -m "$$mode" "$$file" "$(DESTDIR)$$target" || exit 1; done
	$(Q)for plugin in $(PLUGINS); do $(INSTALL) -D -m 755 "$$plugin" "$(DESTDIR)$(PLUGINDIR)/$${plugin##*/}" || exit 1; done
	$(Q)for page in $(MAN_PAGES); do $(INSTALL) -D -m 644 "$$page" "$(DESTDIR)$(mandir)/man1/$${page##*/}" || exit 1; done
	$(Q)for file in docs/*.md; do $(INSTALL) -D -m 644 "$$file" "$(DESTDIR)$(docdir)/$$file" || exit 1; done

uninstall:
	$(Q)echo "$$INSTALLED" | while read -r file mode target; do rm -f "$(DESTDIR)$$target"; done
	$(Q)for plugin in $(PLUGINS); do rm -f "$(DESTDIR)$(PLUGINDIR)/$${plugin##*/}"; done
	$(Q)for page in $(MAN_PAGES); do rm -f "$(DESTDIR)$(mandir)/man1/$${page##*/}"; done
	$(Q)for file in docs/*.md; do rm -f "$(DESTDIR)$(docdir)/$$file"; done
	$(Q)cd "$(DESTDIR)$(PREFIX)" 2>/dev/null && rmdir --ignore-fail-on-non-empty -p "$(DESTDIR)$(docdir)/docs" \
		"$(DESTDIR)$(includedir)/kleak" "$(DESTDIR)$(DATADIR)/suppressions" "$(DESTDIR)$(DATADIR)/plugin-template" "$(DESTDIR)$(PLUGINDIR)" 2>/dev/null || true

# A Debian package of what is committed, in build/deb.
deb:
	$(Q)scripts/make-deb build/deb

check-package:
	$(Q)scripts/check-package

check-reproducible:
	$(Q)scripts/check-reproducible

clean:
	rm -rf build build-san build-fuzz

.PHONY: man uninstall deb check-package check-reproducible all programs flags deps demo test check test-sanitize torture bench bench-quick check-debian13 check-layers lint install clean fixtures
.DELETE_ON_ERROR:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
