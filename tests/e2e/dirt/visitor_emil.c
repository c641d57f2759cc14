// SPDX-License-Identifier: GPL-2.0-or-later
/* visitor_emil.c: see visitor.h. */
#define VISITOR "emil"
#define VISITOR_SIZE 3
#include "visitor.h"
