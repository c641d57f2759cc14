#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One variable of the kernel is damaged: the run says which, and accuses nobody that the undamaged one does not. Where the
# right value follows from what else is known the verdicts stay; where roots may be lost they become unconfirmed.
# shellcheck source=tests/cli/mini_lib.sh disable=SC2317 # functions are called through case_
. "$(dirname "$0")/mini_lib.sh"
policy=precise
always=(--siblings no)

# Leaks and indirect leaks that are none by the .expect file $1.
accuses_nobody_new() {
	sql "SELECT address FROM findings WHERE verdict IN ('leak', 'indirect')" | tr -d '"\r' | sort >accused
	awk '$6 ~ /leak|indirect/ { print $3 }' "$1" | sort | comm -23 accused - >new
	[ ! -s new ] || { echo "accused: $(tr '\n' ' ' <new)"; return 1; }
}

damaged() { # VARIABLE HEX TEXT
	"$mkdump" --patch "$1=$2" "$fixtures/$kernel.kernel" dump && analyse 4 "$kernel" dump &&
		accuses_nobody_new "$fixtures/$kernel.expect" &&
		equals "SELECT count(*) > 0 FROM anomalies WHERE message LIKE '$3'" 1
}

# The right value follows from others.
corrected() {
	damaged "$@" && verdicts_match "$fixtures/$kernel.plain"
}

# Something may be lost: nobody is accused at all.
doubted() {
	damaged "$@" && equals "SELECT count(*) FROM findings WHERE verdict IN ('leak', 'indirect', 'weak')" 0 &&
		equals "SELECT count(*) > 0 FROM findings WHERE reason LIKE '%damaged'" 1
}

# The address of a symbol as the bytes of a pointer, $2 added.
pointer_to() { # SYMBOL OFFSET
	local value
	value=$(nm "$fixtures/$kernel.kernel" | awk -v "s=$1" '$3 == s { print $1; exit }')
	printf '%016x' $((0x$value + $2)) | fold -w2 | tac | tr -d '\n'
}

for kernel in precise-7.3-x86_64 precise-6.1-x86_64 precise-7.3-aarch64; do
	awk '$1 != "#" { sub(/,.*/, "", $6) } { print }' "$fixtures/$kernel.expect" >"$scratch/plain"
	mv "$scratch/plain" "$fixtures/$kernel.plain"
	case_ "$kernel: no possible CPU" doubted __cpu_possible_mask 0000000000000000 '% CPUs are online, but not possible'
	case_ "$kernel: jiffies before its objects" damaged jiffies_64 0100000000000000 'jiffies is 1, but % objects%'
	case_ "$kernel: an absurd minimum age" corrected jiffies_min_age ffffffffffffff7f 'jiffies_min_age is %'
	case_ "$kernel: no minimum age" corrected jiffies_min_age 0000000000000000 'jiffies_min_age is 0, %'
	case_ "$kernel: an empty list of modules" doubted modules "$(pointer_to modules 0)" 'modules: the walk ends%'
	case_ "$kernel: an empty list of objects" damaged object_list "$(pointer_to object_list 0)" 'object_list: the walk ends%'
	case_ "$kernel: no sections" doubted mem_section 0000000000000000 'the memory map lacks%'
	case_ "$kernel: low memory ends early" corrected max_low_pfn 0000000000000000 'low memory is said%'
	case_ "$kernel: low memory begins late" corrected min_low_pfn ffffffffffff0000 'low memory is said%'
	case_ "$kernel: wild per-CPU memory" damaged __per_cpu_offset ffffffffffffffff 'memory of CPU 0 begins%'
	[ "${kernel%x86_64}" = "$kernel" ] ||
		case_ "$kernel: a wild direct map" doubted page_offset_base 0000000080ffffff 'the direct map is said to begin%'
done
done_testing
