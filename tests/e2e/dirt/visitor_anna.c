// SPDX-License-Identifier: GPL-2.0-or-later
/* visitor_anna.c: see visitor.h. */
#define VISITOR "anna"
#define VISITOR_SIZE 2
#include "visitor.h"
