// SPDX-License-Identifier: GPL-2.0-or-later
/* visitor_dora.c: see visitor.h. */
#define VISITOR "dora"
#define VISITOR_SIZE 23
#include "visitor.h"
