#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# TAP: every dump of the lab that is at hand, analysed and held against its truth (see compare) and against what
# /sys/kernel/debug/kmemleak said a moment before the dump.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cache=${KLEAK_E2E:-${XDG_CACHE_HOME:-$HOME/.cache}/kleak-dump-e2e}
kleak_dump=$KLEAK_BUILD/kleak-dump
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

# result STATUS DESCRIPTION, with what explains it on stdin
result() {
	local verdict=ok
	[ "$1" -eq 0 ] || verdict="not ok"
	n=$((n + 1))
	sed 's/^/# /'
	echo "$verdict $n - $2"
}

# Without the bytes of per-CPU objects: of which CPU they are depends on who read the file.
without_percpu_bytes() {
	sed '/bytes on cpu/,/backtrace/{/^    [0-9a-f][0-9a-f] /d;s/on cpu [0-9]*/on cpu/}' "$1"
}

# The kernel may have skipped an object while it printed its list; it never prints one too many.
check_text() {
	local lines
	: >"$work/diff"
	"$kleak_dump" --db "$1" report --format kmemleak >"$work/text" || return
	diff <(without_percpu_bytes "$2") <(without_percpu_bytes "$work/text") >"$work/diff" && return
	lines=$(grep -c '^> unreferenced object' "$work/diff")
	! grep -q '^<' "$work/diff" && [ "$lines" -le 1 ]
}

# A dump made by makedumpfile may be partial: excluded pages are counted, and said.
check_machine() {
	local folder=$1 core=$2 name status
	name=${folder##*/}/${core##*/}
	"$kleak_dump" analyze --vmlinux "$folder/vmlinux" --modules "$folder" --db "$work/db" "$core" >"$work/output" 2>&1
	status=$?
	[ $status -ne 4 ] || [ "${core##*/}" = vmcore ] || status=0
	grep -E '^coverage|^kleak-dump:' "$work/output" >"$work/said"
	result $status "$name: analyze" <"$work/said"
	[ $status -eq 0 ] || return
	"$here/compare" "$folder" "$work/db" >"$work/table" 2>&1
	result $? "$name: every leak found, nobody accused" <"$work/table"
	check_text "$work/db" "$folder/kmemleak"
	result $? "$name: the text of debugfs" <"$work/diff"
}

for done in "$cache"/*/done; do
	[ -e "$done" ] || continue
	folder=${done%/done}
	for core in "$folder"/vmcore*; do
		rm -f "$work/db"
		check_machine "$folder" "$core"
	done
done
[ $n -gt 0 ] || { n=1 && echo "ok 1 - lab # SKIP no dump of the lab in $cache (make test-e2e)"; }
echo "1..$n"
