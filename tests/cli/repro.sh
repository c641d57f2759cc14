#!/bin/bash
# Inputs that once broke it, where they are at hand ($KLEAK_REPRO; binaries are not in the repository).
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
repro=${KLEAK_REPRO:-$KLEAK_TESTS/../../shared/repro}
fixtures=$KLEAK_BUILD/fixtures
export XDG_CACHE_HOME=$scratch/cache
unset KLEAK_DEBUG_PATH

unpack() { # FILE: into the scratch directory; fails, and says so, when it is not at hand
	[ -e "$repro/$1.xz" ] && xz -dkc "$repro/$1.xz" >"$(basename "$1")" && return
	skip "$1" "no $repro/$1.xz"
	return 1
}

if unpack superjournal/kleak.db && command -v python3 >/dev/null; then
	echo precious >victim
	python3 "$repro/superjournal/make.py" victim
	run query "select 1"
	[ "$status" -eq 3 ] && [ "$(cat victim)" = precious ]
	ok $? "superjournal: the file that a journal names is not deleted"
	rm -f kleak.db*
fi
if unpack min_addr.vmlinux && unpack min_addr.vmcore; then
	run analyze --vmlinux min_addr.vmlinux min_addr.vmcore
	run query --format csv "SELECT count(*) FROM findings WHERE verdict IN ('leak', 'indirect')"
	[ "$(sed -n '2s/\r//p' out)" = 32 ]
	ok $? "min_addr: one broken bound of kmemleak's accuses nobody"
	rm -rf kleak.db "$XDG_CACHE_HOME" # which knows that vmlinux now
fi
# mf.c is tests/faults/faults.c now, and faults.sh uses it.
if unpack empty-split-part.kdump; then
	run analyze --split empty-split-part.kdump
	status_is 3 "empty-split-part: alone it is no dump"
	stderr_has "an empty part of a split set, the others are missing" "which is said"
fi
if unpack bad-frames.db; then
	run report --db bad-frames.db --json
	[ "$status" -eq 3 ] && [ "$(jq -c keys out)" = '["error"]' ]
	ok $? "bad-frames: no half of a document"
	run runs --db bad-frames.db
	status_is 0 "bad-frames: the runs are listed"
fi
if [ -e "$repro/bomb-vmlinux.zst" ]; then
	cp "$fixtures/6.12-x86_64.vmcore" vmcore
	cp "$repro/bomb-vmlinux.zst" vmlinux.zst
	# A sanitizer reserves terabytes of addresses: there is no limit beside one, as there are no libraries to preload.
	limit=2000000
	[ -e "$KLEAK_BUILD/tests/forbidden.so" ] || limit=unlimited
	(ulimit -v $limit && "$kleak" analyze vmcore >out 2>err)
	status=$?
	status_is 3 "bomb-vmlinux: what merely lies beside the dump is not unpacked without limit"
	stderr_has "vmlinux.zst: " "and is named"
	run analyze --vmlinux vmlinux.zst vmcore
	status_is 3 "bomb-vmlinux: nor is it when it is named"
	stderr_has "--unpack-limit" "until the user insists"
else
	skip "bomb-vmlinux" "no $repro/bomb-vmlinux.zst"
fi
done_testing
