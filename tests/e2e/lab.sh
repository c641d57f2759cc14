#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# TAP: the dumps of the lab, analysed and held against their truth (see compare) and against what
# /sys/kernel/debug/kmemleak said a moment before the dump. $KLEAK_BUILD/lab-table gets one row per dump,
# $KLEAK_BUILD/lab-causes what hides the leaks that were missed on dirty machines, and on kernels without kmemleak what is
# white outside the lab.
#
# A boot is never the same twice, and a fresh dump may show a state that no dump showed before. So it is first judged by
# "make test-e2e" ($KLEAK_E2E_FRESH), which fails for as long as something in it is wrong; once all is right the machine's
# folder says so ("judged"), and from then on every "make test" judges the dump. What fails there, the change broke.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cache=${KLEAK_E2E:-${XDG_CACHE_HOME:-$HOME/.cache}/kleak-dump-e2e}
kleak_dump=$KLEAK_BUILD/kleak-dump
table=$KLEAK_BUILD/lab-table causes=$KLEAK_BUILD/lab-causes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0 wrong=0

# result STATUS DESCRIPTION, with what explains it on stdin
result() {
	local verdict=ok
	if [ "$1" -ne 0 ]; then
		verdict="not ok"
		wrong=$((wrong + 1))
	fi
	n=$((n + 1))
	sed 's/^/# /'
	echo "$verdict $n - $2"
}

skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
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

analyse() {
	local status=0
	rm -f "$work/db"
	"$kleak_dump" analyze --vmlinux "$1/vmlinux" --modules "$1" --db "$work/db" "$2" >"$work/output" 2>&1 || status=$?
	grep -E '^coverage|^partial|^kleak-dump:' "$work/output" >"$work/said"
	[ $status -eq "$3" ]
}

add_row() {
	printf '%-34s %s%s\n' "$1" "$("$here/compare" --row "$2" "$work/db" 2>/dev/null)" "${3:-}" >>"$table"
}

# The leaks that a dirty machine hides, or one that has no kmemleak, are too many to be named; what hides them is told by
# causes.
without_misses() {
	if [ -e "$1/dirt" ] || [ ! -e "$1/kmemleak" ]; then
		grep -vE '^wrong: [^ ]+ [^ ]+ (leak|indirect|member) '
	else
		cat
	fi
}

add_causes() {
	{
		printf '\n%s: ' "$1"
		KLEAK_DUMP=$kleak_dump "$here/causes" "$2" "$work/db" 2>&1
		sed -n '/^outside the lab: /p' "$work/table"
	} >>"$causes"
}

# What compare asks of this machine.
goal() {
	if [ ! -e "$1/kmemleak" ]; then
		echo "95 % of the leaks found, nobody of the lab accused, nearly nobody else"
	elif [ -e "$1/dirt" ]; then
		echo "as many leaks found as docs/marking.md promises for $(cat "$1/dirt"), nobody accused"
	else
		echo "every leak found, nobody accused"
	fi
}

# Every word that holds a finding has been named, and chains lead from roots to objects.
check_answers() {
	"$KLEAK_BUILD/tests/unit/test_why_corpus" "$2/vmlinux" "$2" "$3" >"$work/answers" 2>&1
	result $? "$1: every word that holds a finding is named" <"$work/answers"
}

# What is said of live objects, against who really holds them, where the truth knows.
check_chains() {
	awk '$10 ~ /^0x/ { known = 1 } END { exit !known }' "$2/truth" || return 0
	KLEAK_DUMP=$kleak_dump "$here/chains" "$2" "$work/db" >"$work/chains" 2>&1
	result $? "$1: chains lead over what holds the objects" <"$work/chains"
}

check_whole() {
	local name=$1 folder=$2 core=$3
	"$here/compare" "$folder" "$work/db" >"$work/table" 2>&1
	result $? "$name: $(goal "$folder")" < <(without_misses "$folder" <"$work/table")
	add_row "$name" "$folder"
	if [ -e "$folder/dirt" ] || [ ! -e "$folder/kmemleak" ]; then add_causes "$name" "$folder"; fi
	if [ -e "$folder/kmemleak" ]; then
		check_text "$work/db" "$folder/kmemleak"
		result $? "$name: the text of debugfs" <"$work/diff"
	fi
	# the search that answers are held against reads ELF
	if [ "$(head -c 4 "$core")" = $'\x7fELF' ]; then check_answers "$name" "$folder" "$core"; fi
	check_chains "$name" "$folder"
}

# What is not in the dump could refer to anything: nothing is called a leak for certain, and still nobody accused.
check_lossy() {
	local name=$1 folder=$2
	add_row "$name" "$folder" '  lossy'
	"$here/compare" "$folder" "$work/db" | sed -n '/^wrong: .* \(live\|ignored\|pending\|young\) /p; /^wrong: outside/p' >"$work/accused"
	[ ! -s "$work/accused" ]
	result $? "$name: nobody accused" <"$work/accused"
	sqlite3 -readonly "$work/db" "SELECT address, verdict FROM findings WHERE verdict IN ('leak', 'indirect')" >"$work/certain"
	[ ! -s "$work/certain" ]
	result $? "$name: no leak is certain" <"$work/certain"
}

check_dump() {
	local folder=$1 core=$2 name=${1##*/}/${2##*/} check=check_whole status=0
	if grep -qsxF "${core##*/vmcore.}" "$folder/lossy"; then
		check=check_lossy status=4
	fi
	analyse "$folder" "$core" $status
	status=$?
	result $status "$name: analyze" <"$work/said"
	[ $status -ne 0 ] || $check "$name" "$folder" "$core"
}

check_machine() {
	local folder=$1 core before=$wrong
	if [ -z "${KLEAK_E2E_FRESH:-}" ] && ! cmp -s "$folder/done" "$folder/judged"; then
		skip "${folder##*/}" "a dump that was never judged right: make test-e2e MACHINES=${folder##*/}"
		return
	fi
	for core in "$folder"/vmcore*; do
		check_dump "$folder" "$core"
	done
	[ $wrong -ne "$before" ] || cp "$folder/done" "$folder/judged"
}

printf '%-34s %s\n' dump "$("$here/compare" --head)" >"$table"
: >"$causes"
for done in "$cache"/${KLEAK_E2E_FRESH:-*}/done; do
	[ ! -e "$done" ] || check_machine "${done%/done}"
done
[ $n -gt 0 ] || skip lab "no dump of the lab in $cache (make test-e2e)"
echo "1..$n"
