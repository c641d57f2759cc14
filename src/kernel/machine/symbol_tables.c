/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/machine/symbol_tables.h"

#include "kernel/machine/list.h"

#define MAX_BPF_SYMBOLS 65536

static struct kl_error *read_kallsyms(struct kl_kernel *k, struct kl_symbol_tables *tables)
{
	if (k->kallsyms) {
		tables->kallsyms = kl_take(k->kallsyms);
		return NULL;
	}
	return kl_kernel_go_on(k, "kallsyms", 0, kl_kallsyms_load(k, &tables->kallsyms));
}

static struct kl_error *read_bpf_symbols(struct kl_kernel *k, struct kl_symbol_tables *tables)
{
	const struct kl_layout_bpf_ksym *l = &k->layouts.bpf_ksym;
	uint64_t head = kl_kernel_variable(k, &k->layouts.variables.bpf_kallsyms), node;
	struct kl_list_walk walk;

	if (!head || !l->type.present)
		return NULL;
	kl_list_begin(&walk, k, "bpf_kallsyms", head);
	walk.max = MAX_BPF_SYMBOLS;
	while (kl_list_next(&walk, &node)) {
		struct kl_bpf_symbol b = {.name = node - l->lnode.offset + l->name.offset};
		struct kl_error *err = kl_kernel_read_member(k, node - l->lnode.offset, &l->start, &b.start);

		if (!err)
			err = kl_kernel_read_member(k, node - l->lnode.offset, &l->end, &b.end);
		if (err)
			kl_kernel_anomaly_error(k, "bpf", node, err);
		else if (!kl_vec_push(&tables->bpf, b))
			return kl_error_nomem();
	}
	return NULL;
}

struct kl_error *kl_symbol_tables_read(struct kl_kernel *k, struct kl_symbol_tables *ret)
{
	struct kl_error *err;

	*ret = (struct kl_symbol_tables){};
	err = kl_intern_create(&ret->texts);
	if (!err)
		err = read_kallsyms(k, ret);
	if (!err)
		err = read_bpf_symbols(k, ret);
	if (err)
		kl_symbol_tables_deinit(ret);
	return err;
}

void kl_symbol_tables_deinit(struct kl_symbol_tables *tables)
{
	kl_kallsyms_destroy(tables->kallsyms);
	kl_vec_deinit(&tables->bpf);
	kl_map_deinit(&tables->answers);
	kl_intern_destroy(tables->texts);
	*tables = (struct kl_symbol_tables){};
}

bool kl_bpf_symbol_find(struct kl_kernel *k, const struct kl_symbol_tables *tables, uint64_t address,
			struct kl_ksym *ret)
{
	const struct kl_bpf_symbol *b;

	kl_vec_for_each (b, &tables->bpf) {
		struct kl_error *err;

		if (address < b->start || address >= b->end)
			continue;
		err = kl_kernel_read_string(k, b->name, ret->name, sizeof(ret->name));
		if (err) {
			kl_kernel_anomaly_error(k, "bpf", b->name, err);
			return false;
		}
		ret->start = b->start;
		ret->size = b->end - b->start;
		return true;
	}
	return false;
}
