/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pointer_words_table.h: members that are not what their types say. Private to src/debug.
 *
 *	KL_POINTER_MEMBER(struct, member, why)    an integer, or bytes, that the kernel keeps a pointer in on purpose
 *	KL_POINTER_TYPE(name, why)                a typedef or struct of that kind, wherever it stands
 *	KL_COMPARED_MEMBER(struct, member, why)   an address that is no reference: the kernel's code, or what nobody
 *	                                          relies on
 *	KL_LATE_MEMBER(struct, member, why)       a pointer that nobody writes before the struct is on its way out
 *
 * Of the first two a line too many lets a stale word hide a leak; a line too few calls a live object a leak. When in
 * doubt, there is a line. Of the others it is the other way around.
 */
#ifndef KL_POINTER_MEMBER
#define KL_POINTER_MEMBER(type, member, why)
#endif
#ifndef KL_POINTER_TYPE
#define KL_POINTER_TYPE(type, why)
#endif
#ifndef KL_COMPARED_MEMBER
#define KL_COMPARED_MEMBER(type, member, why)
#endif
#ifndef KL_LATE_MEMBER
#define KL_LATE_MEMBER(type, member, why)
#endif
KL_POINTER_TYPE("atomic_long_t", "mutex.owner, rw_semaphore.owner, work_struct.data: a pointer and flags")
KL_POINTER_TYPE("netmem_ref", "a page or net_iov, with a flag")
KL_POINTER_TYPE("cpu_context", "arm64: registers of a task that does not run")
KL_POINTER_TYPE("fd", "before 6.12 a pointer, since then a word: pointer and flags")
KL_POINTER_MEMBER("rb_node", "__rb_parent_color", "the parent, and the color in its low bit")
KL_POINTER_MEMBER("percpu_ref", "percpu_count_ptr", "the per-CPU counter, and flags")
KL_POINTER_MEMBER("timer_list", "data", "argument of the timer's function (before 4.15)")
KL_POINTER_MEMBER("tasklet_struct", "data", "argument of the tasklet's function")
KL_POINTER_MEMBER("sk_buff", "_skb_refdst", "the route, and whether it is counted")
KL_POINTER_MEMBER("sk_buff", "_nfct", "the tracked connection, and its state")
KL_POINTER_MEMBER("sk_buff", "cb", "scratch space of whoever holds the buffer")
KL_POINTER_MEMBER("dst_entry", "_metrics", "the metrics, and flags")
KL_POINTER_MEMBER("scatterlist", "page_link", "the page or the next part of the list, and flags")
KL_POINTER_MEMBER("inet_connection_sock", "icsk_ca_priv", "scratch space of the congestion control")
KL_POINTER_MEMBER("netlink_callback", "args", "scratch space of a dump")
KL_POINTER_MEMBER("netlink_callback", "ctx", "scratch space of a dump")
KL_POINTER_MEMBER("io_cmd_data", "data", "scratch space of the request's operation")
KL_POINTER_MEMBER("io_uring_cmd", "pdu", "scratch space of the driver")
KL_POINTER_MEMBER("io_fixed_file", "file_ptr", "the file, and flags")
KL_POINTER_MEMBER("io_rsrc_node", "file_ptr", "the file, and flags")
KL_POINTER_MEMBER("zswap_entry", "handle", "zsmalloc's handle is the address of an object")
KL_POINTER_MEMBER("kvm_rmap_head", "val", "one entry or the descriptor of many, told by the low bit")
KL_POINTER_MEMBER("thread_struct", "sp", "the stack of a task that does not run")
KL_POINTER_MEMBER("page", "private", "whatever the page's owner keeps there")
KL_POINTER_MEMBER("page", "compound_head", "the head, and a bit")
KL_POINTER_MEMBER("ulist_node", "aux", "btrfs keeps the address of a list there")
KL_POINTER_MEMBER("ulist_node", "val", "btrfs keeps addresses of structs there")
KL_POINTER_MEMBER("pipe_buffer", "private", "whatever the buffer's owner keeps there")
KL_POINTER_MEMBER("partial_page", "private", "likewise, on its way into a pipe")
KL_POINTER_MEMBER("ftrace_ops", "trampoline", "code that nothing else refers to")
KL_POINTER_MEMBER("vc_data", "vc_origin", "the screen's memory, or the console's copy of it")
KL_POINTER_MEMBER("vc_data", "vc_visible_origin", "likewise")
KL_POINTER_MEMBER("vc_data", "vc_scr_end", "likewise")
KL_POINTER_MEMBER("vc_data", "vc_pos", "likewise")
KL_POINTER_MEMBER("meta_value", "val", "a copy of the value of the packet classifier's `meta` match")
KL_POINTER_MEMBER("tcf_ematch", "data", "whatever the match keeps there")
KL_POINTER_MEMBER("hwrng", "priv", "the driver's data")
KL_POINTER_MEMBER("usbnet", "data", "the driver's data")
KL_POINTER_MEMBER("snd_kcontrol", "private_value", "the driver's data")
KL_POINTER_MEMBER("snd_kcontrol_new", "private_value", "likewise")
KL_COMPARED_MEMBER("rw_semaphore", "owner", "a task, which is alive by itself, or the last reader, who may be gone")
KL_COMPARED_MEMBER("task_struct", "last_wakee", "whom it woke last, who may be gone")
KL_COMPARED_MEMBER("callback_head", "func", "code; before the struct is on its way out, whatever was there")
KL_LATE_MEMBER("callback_head", "next", "the next callback, once this one is queued")
#undef KL_POINTER_MEMBER
#undef KL_POINTER_TYPE
#undef KL_COMPARED_MEMBER
#undef KL_LATE_MEMBER
