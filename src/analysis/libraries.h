/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libraries.h: the libraries this program stands on, for --version and the record of a run. */
#ifndef KL_ANALYSIS_LIBRARIES_H
#define KL_ANALYSIS_LIBRARIES_H

struct kl_library {
	const char *name; /* NULL ends the list */
	const char *version;
};

/** kl_libraries() - name and version of every library linked; static. */
const struct kl_library *kl_libraries(void);

/** kl_libraries_compressions() - the compressions of dumps that they can undo; static, ended by NULL. */
const char *const *kl_libraries_compressions(void);

#endif
