#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Numbers of a run that are easily wrong: ages over 49 days, what the marking counted.
# shellcheck source=tests/cli/mini_lib.sh disable=SC2317 # functions are called through case_
. "$(dirname "$0")/mini_lib.sh"

kernel=7.3-x86_64

# The kernel prints ages of 32 bits, in milliseconds, which wrap after 49.7 days. Findings have all of it; the kernel's own
# listing is printed as the kernel prints it.
days() { # DAYS after the dump's own time
	local jiffies
	analyse 0 "$kernel" "$fixtures/$kernel.vmcore" || return 1
	jiffies=$(sql "SELECT jiffies + hz * 86400 * $1 FROM runs") || return 1
	sql "SELECT address, age_ms FROM findings ORDER BY address" >before
	# eight bytes, the lowest first
	jiffies=$(printf '%016x' "$jiffies" | sed -E 's/(..)(..)(..)(..)(..)(..)(..)(..)/\8\7\6\5\4\3\2\1/')
	"$mkdump" --patch "jiffies_64=$jiffies" "$fixtures/$kernel.kernel" old.vmcore || return 1
	analyse 0 "$kernel" old.vmcore || return 1
	sql "SELECT address, age_ms - 86400000 * $1 FROM findings ORDER BY address" >after
	diff before after
}
case_ "findings are 55 days older 55 days later" days 55
case_ "and 500 days later" days 500

# What the documentation promises under either policy.
counted() {
	local policy=$1 name
	analyse 0 "$kernel" "$fixtures/$kernel.vmcore" || return 1
	for name in mark_words mark_candidates mark_hits mark_self_references root_percpu_bytes root_page_bytes \
		root_stack_bytes object_bytes; do
		equals "SELECT value > 0 FROM measurements WHERE name = '$name'" 1 || return 1
	done
}
case_ "what a replay counts" counted kernel
case_ "what the precise policy counts" counted precise

# 0 would be an answer.
absent() { # POLICY COUNT-OF-REPLAY-COUNTERS
	local policy=$1
	analyse 0 "$kernel" "$fixtures/$kernel.vmcore" || return 1
	equals "SELECT count(*) FROM measurements WHERE name GLOB 'listing_agreement_*' OR name = 'mark_suspects'" "$2"
}
case_ "counters of a replay" absent kernel 3
case_ "are not there where nothing was replayed" absent precise 0

done_testing
