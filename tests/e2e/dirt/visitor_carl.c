// SPDX-License-Identifier: GPL-2.0-or-later
/* visitor_carl.c: see visitor.h. */
#define VISITOR "carl"
#define VISITOR_SIZE 11
#include "visitor.h"
