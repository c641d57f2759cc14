// SPDX-License-Identifier: GPL-2.0-or-later
/* visitor_bert.c: see visitor.h. */
#define VISITOR "bert"
#define VISITOR_SIZE 5
#include "visitor.h"
