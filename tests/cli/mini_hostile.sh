#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Damaged kernel structures end a chain with a recorded anomaly, never the run. Where the damage lost an object or a root,
# nobody is accused; otherwise what it does not touch keeps its verdict.
# shellcheck source=tests/cli/mini_lib.sh disable=SC2317 # functions are called through case_
. "$(dirname "$0")/mini_lib.sh"

# The verdicts of the undamaged dump but for the objects whose names match $1: they may be anything.
others_keep() {
	awk -v "changed=^($1)\$" '$1 ~ changed { $6 = "leak|indirect|unconfirmed|-" } { print }' \
		"$fixtures/$kernel.expect" >expect && verdicts_match expect
}

dump() {
	"$mkdump" --hostile "$1" "$fixtures/$kernel.kernel" dump
}

# A record or its companion is damaged: only the objects named may change.
record() { # VARIANT STATUS OBJECTS ANOMALIES
	dump "$1" && analyse "$2" "$kernel" dump && others_keep "$3" &&
		equals "SELECT count(*) FROM anomalies" "$4" &&
		equals "SELECT partial FROM runs" "$(($2 == 4))"
}

# An object, or a part of one that is scanned, is lost: it may have held any of the others.
lost_object() { # VARIANT OBJECTS
	dump "$1" && analyse 4 "$kernel" dump && all_unconfirmed "$fixtures/$kernel.expect" "$2" &&
		equals "SELECT count(*) FROM anomalies" 1 &&
		equals "SELECT count(*) > 0 FROM findings WHERE reason LIKE '%list of objects is damaged%'" 1
}

# The list ends early: 30 objects precede the damaged link, and what was read is stored.
list() { # VARIANT PATTERN
	dump "$1" && analyse 4 "$kernel" dump && equals "SELECT partial FROM runs" 1 &&
		equals "SELECT count(*) FROM anomalies" 1 &&
		equals "SELECT count(*) FROM anomalies WHERE kind = 'list' AND message LIKE 'object_list%$2%'" 1
}

state() { # VARIANT STATUS STATE
	dump "$1" && analyse "$2" "$kernel" dump && verdicts_match "$fixtures/$kernel.expect" &&
		equals "SELECT kmemleak_state FROM runs" "$3"
}

scanning() {
	state scanning 0 on && equals "SELECT scan_in_progress FROM runs" 1
}

pool() {
	state pool-empty 4 errored && equals "SELECT pool_exhausted FROM runs" 1
}

# Without stacks, what only stacks hold is white; the kernel had not looked at its content before. The daemon's stack is
# still scanned once, as the memory of vmalloc that it is.
no_stacks() {
	dump no-stack-scan && analyse 0 "$kernel" dump && others_keep 'from_thread_stack|twice_on_stack' &&
		equals "SELECT count(*) FROM findings WHERE verdict = 'unconfirmed' AND reason LIKE '%not looked%'" 2
}

# Names of functions are lost with their tables; verdicts do not need them.
symbols() {
	dump "$1" && analyse 4 "$kernel" dump && verdicts_match "$fixtures/$kernel.expect" &&
		equals "SELECT count(*) > 0 FROM anomalies WHERE kind = 'kallsyms'" 1
}

# A zone of petabytes: the sections that nobody made are not asked for one by one. Its frames count for it, not for the
# zones that they really belong to, which changes nothing here.
endless_zone() {
	local slow=$kleak kleak=$scratch/impatient
	printf '#!/bin/sh\nexec timeout 30 "%s" "$@"\n' "$slow" >"$kleak" && chmod +x "$kleak"
	dump zone-endless && analyse 4 "$kernel" dump && all_unconfirmed "$fixtures/$kernel.expect" &&
		equals "SELECT count(*) > 0 FROM anomalies WHERE kind = 'memory model'" 1
}

tasks() { # VARIANT OBJECTS
	dump "$1" && analyse 4 "$kernel" dump && all_unconfirmed "$fixtures/$kernel.expect" "$2" &&
		equals "SELECT partial FROM runs" 1 &&
		equals "SELECT count(*) > 0 FROM findings WHERE reason LIKE '%list of tasks is damaged%'" 1
}

# A stack that nobody can read: what was found unreferenced may be referenced from there.
wild_stack() {
	dump stack-wild && analyse 4 "$kernel" dump &&
		equals "SELECT count(*) FROM findings WHERE verdict IN ('leak', 'indirect')" 0 &&
		equals "SELECT partial_why LIKE '%missing%' FROM runs" 1
}

# Bytes of a task's name reach no terminal and no JSON unescaped; the kernel's own listing has them as they are.
escaped() {
	analyse 0 "$kernel" "$fixtures/$kernel.vmcore" || return 1
	for format in text json; do
		"$kleak" report --db db --format "$format" >printed
		if LC_ALL=C grep -n -m1 -P '[\x00-\x08\x0b-\x1f\x7f]' printed; then
			echo "a control byte in --format $format"
			return 1
		fi
	done
	"$kleak" report --db db --format json | jq -e . >/dev/null || return 1
	"$kleak" report --db db --format kmemleak |
		LC_ALL=C grep -q -a -F "$(printf '  comm "\033[31m"')" || { echo "the listing lacks the name"; return 1; }
}

# 5.10 has traces in the record and states as plain integers, 7.3 handles and a confirmation pass.
for kernel in 7.3-x86_64 5.10-x86_64; do
	case_ "$kernel: list with a cycle" list list-cycle cycle
	case_ "$kernel: list ends at itself" list list-self cycle
	case_ "$kernel: list to a wild address" list list-wild 'wild pointer'
	case_ "$kernel: list to an unmapped address" list list-unmapped 'nothing is mapped'
	case_ "$kernel: list to a poisoned node" list list-poison deleted
	case_ "$kernel: list to NULL" list list-null 'wild pointer'
	case_ "$kernel: head of the list wild" list list-head 'wild pointer'
	case_ "$kernel: absurd size" lost_object size-absurd plain_leak
	case_ "$kernel: size larger than the machine's memory" lost_object size-of-no-machine plain_leak
	case_ "$kernel: size that wraps around" lost_object size-wraps plain_leak
	case_ "$kernel: size 0" lost_object size-zero plain_leak
	case_ "$kernel: pointer to user space" lost_object pointer-low plain_leak
	case_ "$kernel: scan area outside its object" lost_object area-outside 'in_area|out_of_area'
	case_ "$kernel: scan areas in a cycle" lost_object area-cycle 'in_area|out_of_area'
	case_ "$kernel: scan areas at a wild address" lost_object area-wild 'in_area|out_of_area'
	case_ "$kernel: absurd trace" record trace-absurd 4 plain_leak 1
	case_ "$kernel: kmemleak errored" state errored 4 errored
	case_ "$kernel: kmemleak off" state off 4 off
	case_ "$kernel: mem_pool used up" pool
	case_ "$kernel: a scan was running" scanning
	case_ "$kernel: stacks not scanned" no_stacks
	case_ "$kernel: absurd number of symbols" symbols kallsyms-count
	case_ "$kernel: damaged names of symbols" symbols kallsyms-names
	case_ "$kernel: damaged tokens of symbols" symbols kallsyms-tokens
	case_ "$kernel: tasks in a cycle" tasks task-cycle none
	case_ "$kernel: tasks to a wild address" tasks task-wild 'from_thread_stack|twice_on_stack'
	case_ "$kernel: a stack that is nowhere" wild_stack
	case_ "$kernel: a zone without an end" endless_zone
	case_ "$kernel: control bytes in a name" escaped
done
kernel=7.3-x86_64
case_ "handle of a pool that is not there" record trace-nowhere 4 plain_leak 1
case_ "handle of an empty record" record trace-empty 4 plain_leak 1
done_testing
