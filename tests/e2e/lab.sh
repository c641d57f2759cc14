#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# TAP: every dump of the lab that is at hand, analysed and held against its truth (see compare).
set -u
here=$(cd "$(dirname "$0")" && pwd)
cache=${KLEAK_E2E:-${XDG_CACHE_HOME:-$HOME/.cache}/kleak-dump-e2e}
kleak_dump=$KLEAK_BUILD/kleak-dump
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

result() {
	n=$((n + 1))
	echo "$1 $n - $2"
}

# The table goes into the log either way: docs/marking.md keeps one.
check_machine() {
	local folder=$1 name=$2 core=$3 status
	if ! "$kleak_dump" analyze --vmlinux "$folder/vmlinux" --modules "$folder" --db "$work/$name.db" "$core" \
		>"$work/output" 2>&1; then
		sed 's/^/# /' "$work/output"
		result "not ok" "$name: analyze"
		return
	fi
	"$here/compare" "$folder" "$work/$name.db" >"$work/table" 2>&1
	status=$?
	sed 's/^/# /' "$work/table"
	if [ $status -eq 0 ]; then result ok "$name: every leak found, nobody accused"; else result "not ok" "$name: against the truth"; fi
}

if ! "$kleak_dump" help analyze 2>/dev/null | grep -q precise; then
	echo "ok 1 - lab # SKIP kleak-dump has no policy precise yet"
	echo 1..1
	exit 0
fi
for done in "$cache"/*/done; do
	[ -e "$done" ] || continue
	folder=${done%/done}
	name=${folder##*/}
	for core in "$folder"/vmcore*; do
		suffix=${core##*/vmcore}
		check_machine "$folder" "$name$suffix" "$core"
	done
done
[ $n -gt 0 ] || { n=1 && echo "ok 1 - lab # SKIP no dump of the lab in $cache (make test-e2e)"; }
echo "1..$n"
