#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every object of every mini kernel gets exactly the verdict that its scenario names, from each form of dump.
# shellcheck source=tests/cli/mini_lib.sh disable=SC2317 # functions are called through case_
. "$(dirname "$0")/mini_lib.sh"

for expected in "$fixtures"/[0-9]*.expect; do
	kernel=$(basename "$expected" .expect)
	for form in vmcore kdump; do
		case_ "$kernel.$form" judge "$kernel" "$expected" "$fixtures/$kernel.$form"
	done
done
case_ "demo" judge demo "$fixtures/demo.expect" "$fixtures/demo.vmcore"
[ -e "$fixtures/7.3-aarch64.expect" ] || skip "aarch64" "no cross compiler when the fixtures were built"

form() { # KERNEL OPTION...
	local kernel=$1
	shift
	"$mkdump" "$@" "$fixtures/$kernel.kernel" dump &&
		judge "$kernel" "$fixtures/$kernel.expect" dump
}
case_ "uncompressed kdump" form 7.3-x86_64 --kdump none
case_ "kdump, lzo" form 7.3-x86_64 --kdump lzo
case_ "kdump, snappy" form 7.3-x86_64 --kdump snappy
case_ "kdump, zstd" form 7.3-x86_64 --kdump zstd
case_ "flattened ELF" form 7.3-x86_64 --flatten
case_ "flattened kdump" form 6.12-x86_64 --flatten --kdump zlib

split() {
	"$mkdump" --kdump zlib --split 3 "$fixtures/6.1-x86_64.kernel" part &&
		judge 6.1-x86_64 "$fixtures/6.1-x86_64.expect" --split part.{2,1,3}
}
case_ "split set, in any order" split

# analyze shows what report would show, with -v every finding and every anomaly.
as_reported() { # OPTION...
	rm -f db
	"$kleak" analyze --db db --vmlinux "$fixtures/7.3-x86_64.vmlinux" "$@" "$fixtures/7.3-x86_64.vmcore" >printed &&
		"$kleak" report --db db "$@" | diff - printed
}
case_ "analyze prints what report prints" as_reported
case_ "with -v, too" as_reported -v
grep -q '^findings$' printed
ok $? "which names every finding"

done_testing
