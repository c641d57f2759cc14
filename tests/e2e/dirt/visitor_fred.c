// SPDX-License-Identifier: GPL-2.0-or-later
/* visitor_fred.c: see visitor.h. */
#define VISITOR "fred"
#define VISITOR_SIZE 7
#include "visitor.h"
