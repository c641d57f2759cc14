# SPDX-License-Identifier: GPL-2.0-or-later
# mini_lib.sh: what tests on the mini kernels (tests/fixtures) share; sourced instead of lib.sh, which it includes.
# shellcheck shell=bash source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
fixtures=$KLEAK_BUILD/fixtures
export mkdump=$fixtures/mkdump
export XDG_CACHE_HOME=$scratch/cache
unset KLEAK_DEBUG_PATH
policy=kernel
always=() # options of every analysis

# case_ NAME COMMAND...: one test; the command succeeds, or says why not.
case_() {
	local name=$1
	shift
	"$@" >why 2>&1
	status=$?
	mv why out
	: >err
	ok $status "$name"
}

# analyse STATUS KERNEL ARGUMENT...: analyses into the database db, which is new; fails unless the exit code is STATUS.
analyse() {
	local wanted=$1 kernel=$2 status=0
	shift 2
	rm -f db
	"$kleak" analyze --policy "$policy" "${always[@]}" --quiet --db db --vmlinux "$fixtures/$kernel.vmlinux" "$@" \
		>printed 2>complaint || status=$?
	[ $status -eq "$wanted" ] && return 0
	echo "kleak-dump ended with $status, expected $wanted"
	head -5 complaint
	return 1
}

sql() {
	"$kleak" query --db db --format csv "$1" | tail -n +2
}

# equals SQL VALUE
equals() {
	local got
	got=$(sql "$1" | tr -d '\r')
	[ "$got" = "$2" ] || { echo "$1: $got, expected $2"; return 1; }
}

# Are the findings those of the .expect file $1, each with one of the verdicts named there, and no others?
verdicts_match() {
	sql "SELECT address, class, size, verdict FROM findings" | tr -d '"\r' >found || return 1
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
		}' found
}

# The verdicts of the .expect file $1 when roots or objects were lost: whoever would be accused is unconfirmed, and what
# matches $2 may be anything.
all_unconfirmed() {
	awk -v "changed=^(${2:-none})\$" '
		$1 ~ changed { $6 = "leak|indirect|weak|unconfirmed|-" }
		$1 != "#" && $1 !~ changed { gsub(/leak|indirect|weak/, "unconfirmed", $6) }
		{ print }' "$1" >expect && verdicts_match expect
}

# Does the kernel's listing hold the entries of the .expect file $1 that are listed, in their order?
listing_matches() {
	"$kleak" report --db db --format kmemleak >listing || return 1
	sed -n 's/^.*unreferenced object.* \(0x[0-9a-f]*\) (size \([0-9]*\)):$/\1 \2/p' listing |
		awk '{ printf "0x%16s %s\n", substr($1, 3), $2 }' | tr ' ' '0' | sed 's/^\(0x.\{16\}\)0/\1 /' >listed
	awk '$7 == "yes" { print $3, $4 }' "$1" | diff - listed
}

# The whole judgement on one dump.
judge() { # KERNEL EXPECTED ARGUMENT...
	local kernel=$1 expected=$2
	shift 2
	analyse 0 "$kernel" "$@" && verdicts_match "$expected" && listing_matches "$expected"
}
