# SPDX-License-Identifier: GPL-2.0-or-later
# make            build build/kleak-dump
# make deps       install what is missing (Debian packages)
# make demo       build the sample dump and analyse it
# make test       all tests that can run here
# make fuzz       fuzz targets for every parser of foreign bytes, some seconds each; make fuzz-long: an hour each
# make bench      what analyses take, in ratios (docs/performance.md); make bench-quick: a minute
# make test-e2e   build, boot and dump kernels that leak on purpose, and judge what we find there (tests/e2e/README.md)
# make lint       formatting, static analysis, layering
# make install    into DESTDIR PREFIX
# Variables: V=1 shows commands, CC=clang, SAN=1 builds with ASan and UBSan into build-san, WERROR=1 makes warnings errors.

VERSION := 0.1.0
PREFIX ?= /usr/local
DATADIR ?= $(PREFIX)/share/kleak-dump
PLUGINDIR ?= $(PREFIX)/lib/kleak-dump/plugins
B := $(if $(SAN),build-san,build)

CC ?= cc
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wformat=2 -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wundef \
	-Wwrite-strings -Wno-missing-field-initializers $(if $(WERROR),-Werror)
comma := ,
SANITIZE := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
DIRECTORIES = -DKL_DATA_DIR='"$(DATADIR)"' -DKL_PLUGIN_DIR='"$(PLUGINDIR)"'
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DKL_VERSION='"$(VERSION)"' $(DIRECTORIES) $(WARNINGS) $(CFLAGS) \
	$(SANITIZE) -Isrc -Iinclude -I$(B)/gen -MMD -MP
LIBS := -lkdumpfile -laddrxlat -ldwarf -lelf -lsqlite3 -lz -llzma -lzstd -lpthread -ldl

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

SOURCES := $(filter-out src/cli/main.c,$(wildcard src/*/*.c src/*/*/*.c))
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
	$(Q)rm -f $@ && ar crs $@ $^

$(B)/%.o: %.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# Plugins see the public header, and nothing else of the tree; those of the tests the header as it was, too.
$(B)/plugins/%.so: plugins/%.c include/kleak/plugin.h
	$(call say,PLUGIN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 $(WARNINGS) $(CFLAGS) -Iinclude -fPIC -shared $(LDFLAGS) -o $@ $<

$(B)/tests/plugins/%.so: tests/plugins/%.c tests/plugins/test_plugin.h include/kleak/plugin.h
	$(call say,PLUGIN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 $(WARNINGS) $(CFLAGS) $(if $(findstring abi_1_0,$<),-Itests/plugins/abi-1.0,-Iinclude) -fPIC -shared -o $@ $<

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
check: $(B)/kleak-dump $(PLUGINS) $(TEST_PLUGINS) $(UNIT_TESTS) $(SHIMS) fixtures
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

install: $(B)/kleak-dump $(PLUGINS)
	install -D -m 755 $(B)/kleak-dump $(DESTDIR)$(PREFIX)/bin/kleak-dump
	for plugin in $(PLUGINS); do install -D -m 755 $$plugin $(DESTDIR)$(PLUGINDIR)/$${plugin##*/} || exit 1; done
	install -D -m 644 include/kleak/plugin.h $(DESTDIR)$(PREFIX)/include/kleak/plugin.h
	install -D -m 644 plugins/template/acme.c $(DESTDIR)$(DATADIR)/plugin-template/acme.c
	install -D -m 644 plugins/template/Makefile $(DESTDIR)$(DATADIR)/plugin-template/Makefile
	install -D -m 644 include/kleak/kleak.h $(DESTDIR)$(PREFIX)/include/kleak/kleak.h
	install -D -m 644 suppressions/kernel.supp $(DESTDIR)$(DATADIR)/suppressions/kernel.supp
	install -D -m 644 docs/kleak-dump.1 $(DESTDIR)$(PREFIX)/share/man/man1/kleak-dump.1

clean:
	rm -rf build build-san build-fuzz

.PHONY: all programs flags deps demo test check test-sanitize torture bench bench-quick check-debian13 check-layers lint install clean fixtures
.DELETE_ON_ERROR:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
