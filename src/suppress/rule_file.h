/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule_file.h: rules read from files; what may stand there is told in rules.h. */
#ifndef KL_SUPPRESS_RULE_FILE_H
#define KL_SUPPRESS_RULE_FILE_H

#include "suppress/rules.h"

/** kl_rules_read() - append the rules of the file @path.
 * @rules: zeroed before the first file; freed with kl_rules_deinit(), after an error too.
 * Errors: KL_ERROR_IO; KL_ERROR_FORMAT, "FILE:LINE: what was expected"; KL_ERROR_NOMEM. */
struct kl_error *kl_rules_read(const char *path, struct kl_rules *rules);

/** kl_rules_parse() - the same for @length bytes of @text that came from @path. */
struct kl_error *kl_rules_parse(const char *path, const char *text, size_t length, struct kl_rules *rules);

#endif
