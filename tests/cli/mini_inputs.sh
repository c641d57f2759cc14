#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Dumps and debug files that are incomplete, cut off or not the right ones.
# shellcheck source=tests/cli/mini_lib.sh disable=SC2317 # functions are called through case_
. "$(dirname "$0")/mini_lib.sh"
kernel=7.3-x86_64

dump() { # MKDUMP-OPTION...
	"$mkdump" "$@" "$fixtures/$kernel.kernel" dump
}

# Something is missing that had to be scanned: nothing may be called a leak, and the run says so.
no_leak_is_claimed() {
	equals "SELECT count(*) FROM findings WHERE verdict IN ('leak', 'indirect')" 0 &&
		equals "SELECT partial FROM runs" 1
}

# refused PATTERN ARGUMENT...: exit code 3, one line that matches the pattern, and nothing stored.
refused() {
	local pattern=$1
	shift
	analyse 3 "$@" || return 1
	[ "$(wc -l <complaint)" -eq 1 ] || { cat complaint; echo "not one line"; return 1; }
	grep -qE "$pattern" complaint || { cat complaint; echo "does not match $pattern"; return 1; }
	[ ! -e db ] || equals "SELECT count(*) FROM runs" 0
}

missing_root() { # MKDUMP-OPTION...
	dump "$@" && analyse 4 "$kernel" dump && no_leak_is_claimed && equals "SELECT pages_missing > 0 FROM runs" 1
}
for form in '' '--kdump zlib'; do
	# shellcheck disable=SC2086 # no option, or two
	case_ "${form:-ELF}: a page of .data is missing" missing_root $form --drop-page in_data
	# shellcheck disable=SC2086
	case_ "${form:-ELF}: a page of grey objects is missing" missing_root $form --drop-page heap_plain_leak
	# shellcheck disable=SC2086
	case_ "${form:-ELF}: a CPU's variables are missing" missing_root $form --drop-page percpu_units
	# shellcheck disable=SC2086
	case_ "${form:-ELF}: a stack is missing" missing_root $form --drop-page stack_daemon+0x3f00
	# shellcheck disable=SC2086
	case_ "${form:-ELF}: a page of the memmap is missing" missing_root $form --drop-page mini_memmap
done

missing_records() {
	dump --drop-page kmemleak_objects && analyse 4 "$kernel" dump && no_leak_is_claimed &&
		equals "SELECT count(*) FROM anomalies WHERE kind = 'list'" 1
}
case_ "the first records are missing" missing_records

# A page that holds neither roots nor what is reachable changes no verdict.
missing_elsewhere() {
	dump --drop-page 0x17f0000 && judge "$kernel" "$fixtures/$kernel.expect" dump
}
case_ "a page that nobody needs is missing" missing_elsewhere

# What nobody can read is not "off".
missing_state() {
	dump --drop-page jiffies_last_scan && analyse 4 "$kernel" dump && no_leak_is_claimed &&
		equals "SELECT kmemleak_state IN ('on', 'off', 'absent') FROM runs" 0
}
case_ "kmemleak's own variables are missing" missing_state

useless() { # PATTERN MKDUMP-OPTION...
	local pattern=$1
	shift
	dump "$@" && refused "$pattern" "$kernel" dump
}
case_ "page tables missing" useless translat --drop-page init_top_pgt
case_ "no VMCOREINFO" useless VMCOREINFO --no-vmcoreinfo
case_ "ELF cut off inside its headers" useless 'dump: the file ends inside' --truncate 100
case_ "kdump cut off inside its header" useless 'dump: the file ends inside' --kdump zlib --truncate 100

vmcoreinfo() {
	dump --vmcoreinfo vmcoreinfo --no-vmcoreinfo && judge "$kernel" "$fixtures/$kernel.expect" --vmcoreinfo vmcoreinfo dump
}
case_ "VMCOREINFO from a file" vmcoreinfo

truncated() { # BYTES MKDUMP-OPTION...
	dump --truncate "$@" && analyse 4 "$kernel" dump && no_leak_is_claimed &&
		equals "SELECT pages_missing > 0 AND partial_why LIKE '%truncated%' FROM runs" 1
}
case_ "ELF cut off behind the page tables" truncated 6000000
case_ "kdump cut off among its pages" truncated 75000 --kdump zlib

ids() {
	local ours theirs
	ours=$(readelf -n "$fixtures/$kernel.kernel" | sed -n 's/.*Build ID: //p')
	theirs=$(readelf -n "$fixtures/6.12-x86_64.kernel" | sed -n 's/.*Build ID: //p')
	refused "$theirs.*$ours" 6.12-x86_64 "$fixtures/$kernel.vmcore"
}
case_ "another kernel's vmlinux" ids
if [ -e "$fixtures/7.3-aarch64.vmlinux" ]; then
	case_ "another architecture's vmlinux" refused build-id 7.3-aarch64 "$fixtures/$kernel.vmcore"
else
	skip "another architecture's vmlinux" "no cross compiler when the fixtures were built"
fi

stripped() {
	strip -g -o stripped "$fixtures/$kernel.vmlinux" || return 1
	rm -f db
	XDG_CACHE_HOME=$PWD/empty "$kleak" analyze --quiet --db db --vmlinux stripped "$fixtures/$kernel.vmcore" 2>complaint
	[ $? -eq 3 ] && [ "$(wc -l <complaint)" -eq 1 ] && grep -q 'no DWARF' complaint
}
case_ "a vmlinux without DWARF" stripped

bare() {
	analyse 4 bare "$fixtures/bare.vmcore" && equals "SELECT kmemleak_state FROM runs" absent &&
		equals "SELECT count(*) FROM findings" 0
}
case_ "a kernel without kmemleak" bare
done_testing
