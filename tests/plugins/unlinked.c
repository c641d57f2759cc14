/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls a function that is nowhere. */
#include "test_plugin.h"

extern int no_such_function(const struct kleak_host *host);

TEST_PLUGIN("unlinked", KLEAK_CAN_ADD_ROOTS, .roots = no_such_function);
