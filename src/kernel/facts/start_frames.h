/* SPDX-License-Identifier: GPL-2.0-or-later */
/* start_frames.h: what the outermost frames of a kernel thread's stack have kept since it started.
 *
 * kthread() calls the thread's function and never returns from it before the thread ends, so its frame, and that of
 * ret_from_fork() around it, keep what they held then: above all the struct kthread_create_info, which whoever made the
 * thread has long freed, and whose slab slot is another object's by now. The thread's function may have saved the same
 * registers once more. A word there that names an object younger than the thread cannot mean it. Nor can any word on
 * the stack of a thread that still waits in kthread() to be woken, and has been switched out only once, nor the
 * argument of the thread's function (kthread.data), which nobody writes again.
 * Source: kernel/kthread.c, 5.9 .. 7.3.
 */
#ifndef KL_KERNEL_FACTS_START_FRAMES_H
#define KL_KERNEL_FACTS_START_FRAMES_H

#include "heap/facts.h"
#include "heap/heap.h"
#include "kernel/kernel.h"

/** kl_start_frames_read() - append START masks, word by word, to @ret.
 * @heap: with its index.
 * Of stacks only those count of threads that sleep somewhere in their function, or have not come so far: in between,
 * kthread() still uses its frame.
 * What is younger is told by the order of the heap's rows and by jiffies, which must agree.
 * Errors: KL_ERROR_NOMEM. */
struct kl_error *kl_start_frames_read(struct kl_kernel *k, const struct kl_heap *heap, struct kl_facts *ret);

#endif
