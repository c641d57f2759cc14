/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/rows.h"

const char *kl_store_verdict_name(enum kleak_verdict verdict)
{
	switch (verdict) {
#define X(identifier, number, name, leaked, meaning) \
	case KLEAK_VERDICT_##identifier:             \
		return name;
		KLEAK_VERDICTS(X)
#undef X
	}
	return "unknown";
}

size_t kl_store_verdict_index(enum kleak_verdict verdict)
{
	switch (verdict) {
#define X(identifier, number, name, leaked, meaning) \
	case KLEAK_VERDICT_##identifier:             \
		return KL_STORE_VERDICT_INDEX_##identifier;
		KLEAK_VERDICTS(X)
#undef X
	}
	return KL_STORE_VERDICT_INDEX_LEAK;
}

const char *kl_store_class_name(enum kleak_class class_)
{
	switch (class_) {
#define X(identifier, name)            \
	case KLEAK_CLASS_##identifier: \
		return name;
		KLEAK_CLASSES(X)
#undef X
	}
	return "unknown";
}
