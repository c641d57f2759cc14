# SPDX-License-Identifier: GPL-2.0-or-later
# mini_lib.sh: TAP, and what tests on the mini kernels share. Sourced with $KLEAK_BUILD set (tests/run does).
# shellcheck shell=bash
set -u
KLEAK_BUILD=${KLEAK_BUILD:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build}
fixtures=$KLEAK_BUILD/fixtures
kleak=$KLEAK_BUILD/kleak-dump
export mkdump=$fixtures/mkdump
work=$(mktemp -d "${TMPDIR:-/tmp}/kleak-mini.XXXXXX")
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache
unset KLEAK_DB KLEAK_DEBUG_PATH
count=0 failed=0

# case NAME COMMAND...: one test case; the command says why it failed on standard output.
case_() {
	local name=$1 why
	shift
	count=$((count + 1))
	if why=$("$@" 2>&1); then
		echo "ok $count - $name"
	else
		failed=$((failed + 1))
		printf '%s\n' "$why" | sed 's/^/# /'
		echo "not ok $count - $name"
	fi
}

skip() { # NAME REASON
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

finish() {
	echo "1..$count"
	[ "$failed" -eq 0 ]
}

# analyse STATUS KERNEL ARGUMENT...: analyses into $work/db, which is new; fails unless the exit code is STATUS.
analyse() {
	local wanted=$1 kernel=$2 status=0
	shift 2
	rm -f "$work/db"
	"$kleak" analyze --policy kernel --quiet --db "$work/db" --vmlinux "$fixtures/$kernel.vmlinux" "$@" \
		>"$work/out" 2>"$work/err" || status=$?
	[ $status -eq "$wanted" ] && return 0
	echo "kleak-dump ended with $status, expected $wanted"
	head -5 "$work/err"
	return 1
}

sql() {
	"$kleak" query --db "$work/db" --format csv "$1" | tail -n +2
}

# Are the findings those of the .expect file $1, each with one of the verdicts named there, and no others?
verdicts_match() {
	sql "SELECT address, class, size, verdict FROM findings" | tr -d '"\r' >"$work/findings" || return 1
	awk -v expected="$1" '
		BEGIN {
			FS = "[ ,]"
			while ((getline <expected) > 0) {
				if ($1 == "#") continue
				key = $3 "," $2 "," $4
				name[key] = $1
				verdict[key] = $6
			}
		}
		{
			key = $1 "," $2 "," $3
			found[key] = $4
			if (!(key in name)) { print "finding " $0 " is nothing known"; bad = 1 }
		}
		END {
			for (key in name) {
				got = key in found ? found[key] : "-"
				if (index("|" verdict[key] "|", "|" got "|")) continue
				print name[key] " at " key ": " got ", expected " verdict[key]
				bad = 1
			}
			exit bad
		}' "$work/findings"
}

# Does the kernel's listing hold the entries of the .expect file $1 that are listed, in their order?
listing_matches() {
	"$kleak" report --db "$work/db" --format kmemleak >"$work/listing" || return 1
	sed -n 's/^.*unreferenced object.* \(0x[0-9a-f]*\) (size \([0-9]*\)):$/\1 \2/p' "$work/listing" |
		awk '{ printf "0x%16s %s\n", substr($1, 3), $2 }' | tr ' ' '0' | sed 's/^\(0x.\{16\}\)0/\1 /' >"$work/listed"
	awk '$7 == "yes" { print $3, $4 }' "$1" | diff - "$work/listed"
}

# The whole judgement on one dump.
judge() { # KERNEL EXPECTED ARGUMENT...
	local kernel=$1 expected=$2
	shift 2
	analyse 0 "$kernel" "$@" && verdicts_match "$expected" && listing_matches "$expected"
}
