#!/bin/bash
# Memory that runs out, and reads, writes and syncs that fail: at any call, the answer is the one that it would have been,
# or an error that says so. Of calls beyond the first ones a sample is taken; FAULTS=all fails every single one.
. "$(dirname "$0")/lib.sh"
fixtures=$KLEAK_BUILD/fixtures
export XDG_CACHE_HOME=$scratch/cache
unset KLEAK_DEBUG_PATH
shim=$KLEAK_BUILD/tests/faults.so
if [ ! -e "$shim" ]; then
	skip "faults of the system" "a sanitizer has the allocator for itself"
	done_testing
fi
vmlinux=$fixtures/6.12-x86_64.vmlinux
vmcore=$fixtures/6.12-x86_64.vmcore
cp "$fixtures/6.12-x86_64.vmcore" vmcore
sample_database sample.db
fault() { # KIND AT ARGUMENT...
	local kind=$1 at=$2
	shift 2
	status=0
	LD_PRELOAD=$shim FAULT_KIND=$kind FAULT_AT=$at "$kleak" "$@" >out 2>err </dev/null || status=$?
}

count_calls() { # KIND ARGUMENT...: prints how many calls of the kind a run makes
	local kind=$1
	shift
	rm -f count
	LD_PRELOAD=$shim FAULT_KIND=$kind FAULT_COUNT=$scratch/count "$kleak" "$@" >/dev/null 2>&1 </dev/null
	cat count || echo 0
}

# The numbers of the calls to fail, of $1 calls: all of the first, $2 or so altogether.
sample() {
	if [ "${FAULTS-}" = all ] || [ "$1" -le "$2" ]; then
		seq 0 $(($1 - 1))
	else
		seq 0 $(($2 / 4))
		seq $(($2 / 4 + 1)) $((($1 - $2 / 4) / ($2 * 3 / 4) + 1)) $(($1 - 1))
	fi
}

# Whoever only asks: what is printed with the usual exit code is what is always printed.
answers() { # KIND RUNS ARGUMENT...
	local kind=$1 runs=$2 at bad=0 n=0 usual
	shift 2
	echo "$1" >>tested
	"$kleak" "$@" >usual 2>/dev/null </dev/null
	usual=$?
	for at in $(sample "$(count_calls "$kind" "$@")" "$runs"); do
		fault "$kind" "$at" "$@"
		n=$((n + 1))
		if [ $status -eq $usual ]; then
			cmp -s out usual && continue
			# A plugin's process could not read, and the verdict is unconfirmed by that.
			[ "$kind" = read ] && grep -q "unreferenced in readable memory, but a plugin's list .* is damaged" out && continue
		elif [ $status -eq 4 ] && [ "$1" = plugins ]; then
			grep -q '\bskipped\b' out && continue # it was the plugin's process
		elif [ $status -eq 3 ] && grep -q '^kleak-dump: .' err; then
			case " $* " in *" --json "*) jq -s -e 'length == 1' out >/dev/null 2>&1 || false ;; esac && continue
		fi
		bad=1
		break
	done
	[ $n -gt 0 ]
	ok $((bad || $?)) "$kind: ${*##*/} ($n faults${at:+, the last at $at})"
}

# What must be the same in the database of every run: all but times and sizes of what was measured.
contents() {
	sqlite3 "$1" 'PRAGMA integrity_check; SELECT address, size, verdict, reason, comm, stack_hash FROM findings ORDER BY seq;
		SELECT * FROM groups; SELECT * FROM frames; SELECT * FROM totals; SELECT * FROM refs; SELECT * FROM anomalies;
		SELECT dump, build_id, release, partial, partial_why, boot_id, coverage FROM runs;
		SELECT name, value FROM measurements WHERE kind <> '"'duration_ms'"
}

# analyze: the run is stored whole, or there is none.
stores() { # KIND RUNS ARGUMENT...
	local kind=$1 runs=$2 at bad=0 n=0
	shift 2
	echo "$1" >>tested
	rm -f new.db*
	"$kleak" "$@" --db new.db >usual 2>/dev/null </dev/null
	contents new.db >usual
	rm -f new.db
	for at in $(sample "$(count_calls "$kind" "$@" --db new.db)" "$runs"); do
		rm -f new.db*
		fault "$kind" "$at" "$@" --db new.db
		n=$((n + 1))
		case $status in
		0) contents new.db | cmp -s - usual && continue ;;
		4) [ "$kind" = read ] && continue ;; # a page that cannot be read is missing, and the run says so
		# When only printing it failed, it is there.
		3) grep -q '^kleak-dump: .' err && { [ ! -s new.db ] || contents new.db | cmp -s - usual; } && continue ;;
		esac
		bad=1
		break
	done
	[ $n -gt 0 ]
	ok $((bad || $?)) "$kind: ${*##*/} ($n faults${at:+, the last at $at})"
}

# merge: the runs are added all, or none of them.
merges() { # KIND RUNS
	local kind=$1 runs=$2 at bad=0 n=0
	echo merge >>tested
	"$kleak" merge whole.db sample.db >/dev/null 2>&1
	contents whole.db >usual
	for at in $(sample "$(count_calls "$kind" merge counted.db sample.db)" "$runs"); do
		rm -f new.db*
		fault "$kind" "$at" merge new.db sample.db
		n=$((n + 1))
		case $status in
		0) contents new.db | cmp -s - usual && continue ;;
		3) [ -s out ] || grep -q '^kleak-dump: .' err && { [ ! -s new.db ] || contents new.db | cmp -s - usual; } && continue ;;
		esac
		bad=1
		break
	done
	rm -f whole.db counted.db
	[ $n -gt 0 ]
	ok $((bad || $?)) "$kind: merge ($n faults${at:+, the last at $at})"
}

for kind in malloc read; do
	while read -r command; do
		# shellcheck disable=SC2086
		answers $kind 60 $command --db sample.db
	done <<-'END'
		runs
		runs --json
		runs -v
		history 177b21e7d0dbf497
		history 177b21e7d0dbf497 --json
		diff 1 2 --min-growth 1
		report 1 -v
		report 3 --json
		report 2 --format kmemleak
		report 1 --format allocinfo
		diff 1 2
		diff 1 3 --json
		diff 1 2 --format markdown
		diff 1 2 --format speedscope
		report 2 --by module
		query SELECT*FROM(groups)
		query --json SELECT*FROM(findings)
		query --format csv SELECT*FROM(frames)ORDER/**/BY(symbol)
	END
	for format in markdown html folded speedscope ndjson; do
		answers $kind 16 report 1 --format $format --db sample.db
	done
done
run analyze --db asked.db --vmlinux "$vmlinux" vmcore
leak=$("$kleak" query --db asked.db --format csv "SELECT address FROM findings WHERE verdict = 'leak' LIMIT 1" | sed -n '2s/\r//p')
run symbolize 1 --vmlinux "$vmlinux" --db asked.db # once more it finds what is there
run analyze --db sites.db --vmlinux "$fixtures/sites-7.3-x86_64.vmlinux" "$fixtures/sites-7.3-x86_64.vmcore"
for kind in malloc read; do
	answers $kind 20 audit --db sites.db
	answers $kind 20 audit --json --db sites.db
	answers $kind 40 refs "$leak" --db asked.db
	answers $kind 40 why "$leak" --db asked.db --json
	answers $kind 40 show "$leak" --db asked.db
	answers $kind 20 tree "$leak" --db asked.db
	answers $kind 20 tree "$leak" --json --db asked.db
	answers $kind 20 symbolize 1 --vmlinux "$vmlinux" --db asked.db
	answers $kind 40 plugins
	answers $kind 40 plugins --json
done
answers malloc 40 doctor --vmlinux "$vmlinux" vmcore
answers malloc 40 doctor --json --vmlinux "$vmlinux" vmcore
for kind in malloc read write fsync; do
	stores $kind 60 analyze --vmlinux "$vmlinux" "$vmcore"
	merges $kind 40
done

# Whoever adds a command adds it here.
run help
sed -n 's/^  \([a-z]\+\)  .*/\1/p' out >commands
while read -r command; do
	[ "$command" = help ] || grep -qw "$command" tested
	ok $? "$command is among what fails here"
done <commands
done_testing
