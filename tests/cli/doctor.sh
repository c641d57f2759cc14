#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# doctor: what a dump has for which answer, what is missing, and the command that would get it.
# shellcheck source=tests/cli/mini_lib.sh disable=SC2317 # functions are called through case_
. "$(dirname "$0")/mini_lib.sh"
build_id=$(readelf -n "$fixtures/demo.vmlinux" | sed -n 's/.*Build ID: //p')
unset DEBUGINFOD_CACHE_PATH
export HOME=$scratch

examined() { # STATUS DUMP ARGUMENT...
	local wanted=$1 got=0
	shift
	"$kleak" doctor "$@" >printed 2>complaint || got=$?
	[ "$got" -eq "$wanted" ] && return 0
	echo "kleak-dump ended with $got, expected $wanted"
	cat complaint printed
	return 1
}

says() { # PATTERN
	grep -qE -- "$1" printed || { cat printed; return 1; }
}

beside() {
	examined 0 "$fixtures/demo.vmcore" && says "^ok  vmlinux +$fixtures/demo.vmlinux" &&
		says '^ok  VMCOREINFO +Linux 7.3.0-demo, build-id' && says '^--  BTF .*types come from a vmlinux' &&
		says '^ok  kallsyms .*variables included' && says '^ok  kmemleak +kmemleak was on'
}
case_ "a dump with its vmlinux beside it" beside

alone() {
	cp "$fixtures/demo.vmcore" alone.vmcore
	examined 0 alone.vmcore && says '^ok  layouts +known from an earlier run' || return 1
	XDG_CACHE_HOME=$scratch/empty examined 3 alone.vmcore && says '^--  vmlinux +none at hand' && says "^ +debuginfod-find debuginfo $build_id" &&
		says '^!!  kernel +no vmlinux'
}
case_ "one alone: what would get the vmlinux, and exit code 3" alone

downloaded() {
	mkdir -p "debuginfod/$build_id" && ln -s "$fixtures/demo.vmlinux" "debuginfod/$build_id/debuginfo" || return 1
	DEBUGINFOD_CACHE_PATH=$scratch/debuginfod examined 0 alone.vmcore && says "^ok  vmlinux +$scratch/debuginfod/$build_id/debuginfo"
}
case_ "what debuginfod-find downloaded is found by its build-id" downloaded

analyzed() {
	XDG_CACHE_HOME=$scratch/other DEBUGINFOD_CACHE_PATH=$scratch/debuginfod "$kleak" analyze --quiet --db db alone.vmcore >printed 2>complaint || cat complaint
	equals "SELECT count(*) FROM runs WHERE vmlinux IS NOT NULL" 1
}
case_ "and used by analyze" analyzed

no_vmcoreinfo() {
	"$mkdump" --no-vmcoreinfo "$fixtures/demo.kernel" bare.vmcore && examined 3 bare.vmcore &&
		says '^!!  VMCOREINFO' && says '^!!  addresses +cannot be translated' && says '^ +--vmcoreinfo FILE'
}
case_ "a dump without VMCOREINFO" no_vmcoreinfo

no_dump() {
	echo text >text
	examined 3 text && ! [ -s printed ] && grep -q 'not a dump' complaint
}
case_ "a file that is no dump" no_dump

as_json() {
	XDG_CACHE_HOME=$scratch/empty examined 3 --json alone.vmcore && jq -e '(.usable | not) and (.findings[] | select(.topic == "vmlinux") |
		.state == "absent" and .command == "debuginfod-find debuginfo '"$build_id"'")' printed >/dev/null
}
case_ "the same as JSON" as_json

level() {
	"$mkdump" --kdump zlib "$fixtures/demo.kernel" packed && examined 0 --vmlinux "$fixtures/demo.vmlinux" packed && says '^ok  dump +kdump-compressed \(zlib\)'
}
case_ "a compressed dump" level

done_testing
