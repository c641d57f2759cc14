# SPDX-License-Identifier: GPL-2.0-or-later
# Included by the Makefile. Kernels, dumps and everything between stay in $KLEAK_E2E (see tests/e2e/dump).
# MACHINES="pattern" limits it to the machines of tests/e2e/kernels whose name matches; SEEDS="1 2 3" makes each dirty one
# of them once per seed.

test-e2e: deps
	$(Q)$(MAKE) --no-print-directory $(B)/kleak-dump
	$(Q)tests/e2e/deps
	$(Q)KLEAK_SEEDS='$(SEEDS)' tests/e2e/dump '$(or $(MACHINES),*)'; made=$$?; \
	KLEAK_E2E_FRESH='$(or $(MACHINES),*)$(and $(SEEDS),*)' tests/run $(B) tests/e2e/ && [ $$made -eq 0 ]; judged=$$?; \
	cat $(B)/lab-table $(B)/lab-causes; exit $$judged

.PHONY: test-e2e
