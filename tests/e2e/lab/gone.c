// SPDX-License-Identifier: GPL-2.0-or-later
/* gone.c: a module that is removed and forgets its objects. Their stack traces have no symbols any more and their
 * allocation tags no strings. Some stay on the module's list, linked to each other and to a list head that nobody uses:
 * its memory is freed, but in 6.10 to 6.12 kept, and scanned, because the tags of what was lost stand beside it.
 */
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>

struct gone_element {
	struct list_head link;
	u64 value[8];
};

static LIST_HEAD(listed);
static LIST_HEAD(unlinked);

static int __init add(struct list_head *list, const char *role, const char *expect)
{
	struct gone_element *element;
	int i;

	for (i = 0; i < 5; i++) {
		element = kzalloc(sizeof(*element), GFP_KERNEL);
		if (!element)
			return -ENOMEM;
		list_add_tail(&element->link, list);
		pr_info("LAB1 gone %s %s virtual 0x%016lx %zu - %lu\n", role, expect, (unsigned long)element,
			kmalloc_size_roundup(sizeof(*element)), jiffies);
	}
	return 0;
}

static int __init gone_init(void)
{
	return add(&listed, "listed", "member") ?: add(&unlinked, "unlinked", "leak");
}
module_init(gone_init);

static void __exit gone_exit(void)
{
	struct gone_element *element, *next;

	list_for_each_entry_safe(element, next, &unlinked, link) list_del(&element->link);
}
module_exit(gone_exit);

MODULE_DESCRIPTION("forgets its objects when it is removed, for kleak-dump's tests");
MODULE_LICENSE("GPL");
