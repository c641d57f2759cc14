/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emitter.h: JSON, written as it comes.
 *
 *	struct kl_emitter e = {.out = stdout};
 *	kl_emit_object(&e, NULL);
 *	kl_emit_int(&e, "run_id", 3);
 *	kl_emit_array(&e, "groups"); ... kl_emit_end(&e);
 *	kl_emit_end(&e);
 *
 * Commas, nesting, indentation and escaping are its affair. A NULL name is for elements of arrays and the outermost
 * value. Every string may hold any bytes. Failed writes stay in ferror(out) and are found by the command line at its
 * end.
 */
#ifndef KL_REPORT_EMITTER_H
#define KL_REPORT_EMITTER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define KL_EMITTER_DEPTH 16

struct kl_emitter {
	FILE *out;
	bool lines;   /* every outermost value is on one line of its own */
	bool in_html; /* inside of <script>: nothing that HTML has a meaning for */
	unsigned depth;
	struct {
		char close; /* '}' or ']' */
		bool used;  /* something stands before: a comma is needed */
	} levels[KL_EMITTER_DEPTH];
};

void kl_emit_object(struct kl_emitter *e, const char *name);
void kl_emit_array(struct kl_emitter *e, const char *name);
/** kl_emit_end() - close the innermost object or array; the outermost one is followed by a newline. */
void kl_emit_end(struct kl_emitter *e);

void kl_emit_string(struct kl_emitter *e, const char *name, const char *value); /* NULL is null */
void kl_emit_bytes(struct kl_emitter *e, const char *name, const char *bytes, size_t length);
void kl_emit_int(struct kl_emitter *e, const char *name, int64_t value);
void kl_emit_real(struct kl_emitter *e, const char *name, double value); /* not a number or infinite: null */
void kl_emit_bool(struct kl_emitter *e, const char *name, bool value);
void kl_emit_null(struct kl_emitter *e, const char *name);
/** kl_emit_address() - "0x" and 16 hexadecimal digits, as a string: JSON numbers lose digits past 2^53. */
void kl_emit_address(struct kl_emitter *e, const char *name, uint64_t value);
/** kl_emit_hash() - 16 hexadecimal digits, as a string. */
void kl_emit_hash(struct kl_emitter *e, const char *name, uint64_t value);
/** kl_emit_json() - @json as it is; the caller knows that it is valid. */
void kl_emit_json(struct kl_emitter *e, const char *name, const char *json);

#endif
