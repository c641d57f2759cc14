/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test_plugin.h"

TEST_PLUGIN("lacking", KLEAK_CAN_ADD_ROOTS, .roots = 0);
