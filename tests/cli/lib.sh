#!/bin/bash
# TAP helpers for tests of the command line; sourced, never run. Each test script:
#
#	. "$(dirname "$0")/lib.sh"
#	run report --db nothing.db
#	status_is 3 "a database that does not exist is exit code 3"
#	stderr_is "kleak-dump: nothing.db: no such database" "and is named"
#	done_testing
#
# A script works in a directory of its own, $scratch, which is removed at its end. `run` leaves the exit code in $status
# and the output in the files out and err there.
set -u
KLEAK_TESTS=${KLEAK_TESTS:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
KLEAK_BUILD=${KLEAK_BUILD:-$KLEAK_TESTS/../build}
KLEAK_BUILD=$(cd "$KLEAK_BUILD" && pwd)
kleak=$KLEAK_BUILD/kleak-dump
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
unset KLEAK_DB NO_COLOR
export LC_ALL=C TERM=dumb
count=0 failures=0 status=0

# ok CONDITION-STATUS NAME: one test.
ok() {
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		failures=$((failures + 1))
		echo "not ok $count - $2"
		sed 's/^/# out: /' out | head -n 20
		sed 's/^/# err: /' err | head -n 20
		echo "# status: $status"
	fi
}

skip() { # NAME REASON
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

run() {
	"$kleak" "$@" >out 2>err </dev/null
	status=$?
}

status_is() { # CODE NAME
	[ "$status" -eq "$1" ]
	ok $? "$2"
}

stdout_is() { # TEXT NAME
	[ "$(cat out)" = "$1" ]
	ok $? "$2"
}

stderr_is() {
	[ "$(cat err)" = "$1" ]
	ok $? "$2"
}

stdout_has() { # FIXED-STRING NAME
	grep -qF -- "$1" out
	ok $? "$2"
}

stderr_has() {
	grep -qF -- "$1" err
	ok $? "$2"
}

# The whole of stderr is one line that says who speaks.
one_line_error() { # NAME
	[ "$(wc -l <err)" -eq 1 ] && grep -q '^kleak-dump: ' err
	ok $? "$1"
}

json_is() { # JQ-FILTER RESULT NAME
	[ "$(jq -c "$1" out 2>&1)" = "$2" ]
	ok $? "$3"
}

# A database with the three runs of tests/unit/sample_runs.h.
sample_database() { # FILE
	"$KLEAK_BUILD/tests/unit/test_report_text" "$1" || { echo "Bail out! no sample database"; exit 1; }
}

done_testing() {
	echo "1..$count"
	[ "$failures" -eq 0 ]
	exit
}
