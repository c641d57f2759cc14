/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings as text: of the command line, and of a run in a stranger's database. */
#include "fuzz.h"

#include "analysis/settings.h"
#include "analysis/sweep.h"

static void fuzz_one(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *value;
	_cleanup_strbuf_ struct kl_strbuf description = {};
	struct kl_settings s;
	struct kl_sweep sweep = {};

	kl_settings_init(&s);
	kl_error_destroy(kl_settings_restore(&s, text));
	kl_error_destroy(kl_settings_refine(&s, text));
	kl_error_destroy(kl_settings_root(&s, text));
	kl_error_destroy(kl_sweep_add(&sweep, text));
	value = strchr(text, '=');
	if (value) {
		*value = '\0';
		kl_error_destroy(kl_settings_set(&s, text, value + 1));
	}
	kl_error_destroy(kl_settings_check(&s));
	kl_settings_describe(&s, &description);
	kl_sweep_deinit(&sweep);
	kl_settings_deinit(&s);
	free(text);
}
