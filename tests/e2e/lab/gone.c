// SPDX-License-Identifier: GPL-2.0-or-later
/* gone.c: a module that is removed and forgets its list. The elements stay, linked to each other and to a list head in
 * memory that is no longer there; their stack traces have no symbols and their allocation tags no strings.
 */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>

struct gone_element {
	struct list_head link;
	u64 value[8];
};

static LIST_HEAD(elements);

static int __init gone_init(void)
{
	struct gone_element *element;
	int i;

	for (i = 0; i < 10; i++) {
		element = kzalloc(sizeof(*element), GFP_KERNEL);
		if (!element)
			return -ENOMEM;
		list_add_tail(&element->link, &elements);
		pr_info("LAB1 gone element member virtual 0x%016lx %zu -\n", (unsigned long)element,
			kmalloc_size_roundup(sizeof(*element)));
	}
	return 0;
}
module_init(gone_init);

static void __exit gone_exit(void)
{
}
module_exit(gone_exit);

MODULE_DESCRIPTION("forgets its list when it is removed, for kleak-dump's tests");
MODULE_LICENSE("GPL");
