# SPDX-License-Identifier: GPL-2.0-or-later
# make fuzz       every parser of foreign bytes under libFuzzer for FUZZ_SECONDS each (clang)
# make fuzz-long  the same for an hour each; fuzz-million: for a million inputs each
# tests/fuzz/README.md says how to repeat a finding.
FUZZ_SECONDS ?= 12
FUZZ_RUNS ?= -1
FUZZ_B := build-fuzz
FUZZ_CC ?= clang
# Without pointer-overflow: to clang NULL + 0 is one, and an empty vector or section is just that.
FUZZ_FLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize=pointer-overflow -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

# One link line each, with the library of the same flags; a recursive make, as $(B) is another folder.
fuzz-build: $(B)/kleak-dump $(UNIT_TESTS) fixtures
	$(Q)$(MAKE) --no-print-directory B=$(FUZZ_B) CC="$(FUZZ_CC)" CFLAGS="$(FUZZ_FLAGS) -fsanitize=fuzzer-no-link" \
		$(FUZZ_TARGETS:%=$(FUZZ_B)/%)

$(FUZZ_B)/fuzz_%: tests/fuzz/fuzz_%.c $(wildcard tests/fuzz/*.h) $(B)/libkleak.a
	$(call say,FUZZ,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer -Itests/fuzz $(LDFLAGS) -o $@ $< $(B)/libkleak.a $(LIBS)

$(FUZZ_B)/fuzz_rows: LDFLAGS += -Wl,--wrap=sqlite3_prepare_v2,--wrap=sqlite3_finalize

fuzz: deps
	$(Q)$(MAKE) --no-print-directory fuzz-build
	$(Q)tests/fuzz/run $(FUZZ_B) $(B) $(FUZZ_SECONDS) $(FUZZ_RUNS) $(FUZZ_TARGETS)

fuzz-long:
	$(Q)$(MAKE) --no-print-directory FUZZ_SECONDS=3600 fuzz

fuzz-million:
	$(Q)$(MAKE) --no-print-directory FUZZ_SECONDS=0 FUZZ_RUNS=1000000 fuzz

.PHONY: fuzz fuzz-long fuzz-million fuzz-build
