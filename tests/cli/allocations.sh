#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Allocation profiling of real dumps, held against what the kernel itself printed shortly before: /proc/allocinfo.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

sql() { # DATABASE SQL
	"$kleak" query --db "$1" --format csv -- "$2" | tail -n +2 | tr -d '\r'
}

# Without the numbers, which moved in the seconds between the text and the dump.
words() { # FILE
	sed 's/^ *-\{0,1\}[0-9]* *[0-9]* //' "$1"
}

allocinfo() { # NAME TEXT
	local rows same ours theirs
	run report --db kernel.db --format allocinfo
	status_is 0 "$1: report --format allocinfo"
	cmp -s <(words out) <(words "$2")
	ok $? "$1: header, rows, order and words are the kernel's"
	rows=$(wc -l <"$2")
	same=$(paste -d '\n' out "$2" | awk 'NR % 2 { line = $0; next } $0 == line { n++ } END { print n }')
	[ "$rows" -gt 1000 ] && [ $((same * 100)) -ge $((rows * 97)) ]
	ok $? "$1: at least 97 % of the rows to the byte ($same of $rows)"
	ours=$(awk 'NR > 2 { n += $1 } END { print n }' out)
	theirs=$(awk 'NR > 2 { n += $1 } END { print n }' "$2")
	[ $(((ours - theirs) * 50)) -le "$theirs" ] && [ $(((theirs - ours) * 50)) -le "$theirs" ]
	ok $? "$1: the sum of all rows within 2 % ($ours, $theirs)"
}

objects() { # NAME
	local slab with deduced
	slab=$(sql kernel.db "SELECT value FROM measurements WHERE name = 'slab_objects'")
	with=$(sql kernel.db "SELECT value FROM measurements WHERE name = 'slab_objects_with_site'")
	deduced=$(sql kernel.db "SELECT value FROM measurements WHERE name = 'objects_with_deduced_site'")
	[ "$slab" -gt 15000 ] && [ $(((with + deduced) * 100)) -ge $((slab * 99)) ] && [ $((with * 100)) -ge $((slab * 97)) ]
	ok $? "$1: at least 99 % of the slab objects have a call site ($with and $deduced deduced of $slab)"
}

# DIFFERING: call sites whose counters are gone with their module.
audit() { # NAME DIFFERING
	local claimed accounted pages uses
	run audit --db kernel.db --json
	status_is 0 "$1: audit"
	claimed=$(jq .claimed out) accounted=$(jq .accounted out)
	[ "$claimed" -gt 10000000 ] && [ "$claimed" -eq "$accounted" ]
	ok $? "$1: every byte that the counters claim is found ($accounted of $claimed)"
	json_is '[.differing, (.differences | length), ([.differences[].cause] | unique)]' \
		"[$2,$2,$([ "$2" -eq 0 ] && echo '[]' || echo '["no_counters"]')]" "$1: counters and references agree, but for modules that are gone"
	uses=$(jq '[.pages[]] | add' out) pages=$(jq '[.pages.unused, .pages.invalid, .pages.lost, .pages.stale, .pages.off] | add' out)
	[ "$uses" -gt 30000 ] && [ "$pages" -eq 0 ]
	ok $? "$1: every page is accounted for ($uses)"
}

judge() { # DIRECTORY KERNEL STAGE DIFFERING
	local name=$2/$3
	rm -f kernel.db
	run analyze --db kernel.db --vmlinux "$1/vmlinux" "$1/$3.vmcore"
	status_is 0 "$name: analyze"
	[ "$(sql kernel.db "SELECT profiling_state, name, value FROM runs JOIN measurements USING (run_id)
		WHERE name LIKE 'profiling_%' ORDER BY name" | tr '\n' ' ')" = "on,profiling_compressed,0 on,profiling_debug,1 " ]
	ok $? "$name: profiling was on, with debug checks"
	allocinfo "$name" "$1/$3.allocinfo"
	objects "$name"
	audit "$name" "$4"
}

# The module that leaks was removed between A and B; its names are gone from 7.3's B, but A has them.
unloaded() { # DIRECTORY KERNEL
	rm -f both.db
	run analyze --db both.db --vmlinux "$1/vmlinux" "$1/A.vmcore" "$1/B.vmcore"
	[ "$(sql both.db "SELECT count(*), sum(listed), min(module) FROM allocations WHERE run_id = 1 AND
		file LIKE '%kmemleak-test.c'")" = "16,16,kmemleak_test" ]
	ok $? "$2: A lists the sixteen call sites of the module"
	[ "$(sql both.db "SELECT count(*) > 14, sum(listed), sum(unloaded) = count(*), sum(counted_bytes) > 20000 FROM allocations
		WHERE run_id = 2 AND file LIKE '%kmemleak-test.c'")" = "1,0,1,1" ]
	ok $? "$2: B has those that still hold memory, by name, and lists none"
	[ "$(sql both.db "SELECT count(*), sum(site_deduced) FROM findings WHERE run_id = 2 AND verdict = 'leak' AND size = 512 AND
		site = 'samples/kmemleak/kmemleak-test.c:68'")" = "10,0" ]
	ok $? "$2: the ten list elements come from its line 68"
	run report --db both.db 2
	stdout_has "; from samples/kmemleak/kmemleak-test.c:68" "$2: report names the call site of a group"
	stdout_has "still held by modules that were unloaded" "$2: and what unloaded modules hold"
	documented "$2"
}

# The queries that docs/schema.md shows of the view, on A and B: the largest call sites, what grew, the share that leaked, what an
# unloaded module left. Those of one run are asked of B.
documented() { # KERNEL
	local sql n=0
	# shellcheck disable=SC2016
	sed -n '/^## allocations/,/^## anomalies/p' "$KLEAK_TESTS/../docs/schema.md" | sed -n '/^```sql$/,/^```$/{/^```/!p}' >examples
	while IFS= read -r -d ';' sql; do
		n=$((n + 1))
		case $sql in
		*"run_id = 2"*) ;;
		*) sql=${sql//run_id = 1/run_id = 2} ;;
		esac
		sql both.db "$sql" >"answer$n"
	done <examples
	[ "$n" -eq 4 ] && [ "$(wc -l <answer1)" -eq 10 ] && grep -q '^mm/slub.c:[0-9]*,alloc_slab_page,,[0-9]\{7\},' <(head -n 1 answer1)
	ok $? "$1: the documented query for the largest call sites"
	[ "$(sort -s -t, -k3,3nr answer2 | cmp - answer2 && awk -F, '$3 > 0 { n++ } END { print n }' answer2)" -ge 2 ]
	ok $? "$1: that for growth from A to B"
	grep -q '^samples/kmemleak/kmemleak-test.c:68,kmemleak_test_init,kmemleak_test,5120,5120,100.0$' <(head -n 1 answer3)
	ok $? "$1: that for the unreachable share"
	grep -q '^kmemleak_test,1[56],40424$' answer4
	ok $? "$1: that for unloaded modules"
}

for kernel in x86_64-6.12 x86_64-7.3 aarch64-7.3; do
	if ! directory=$("$KLEAK_TESTS/corpus.sh" $kernel); then
		skip "$kernel" "$directory"
		continue
	fi
	case $kernel in
	x86_64-6.12) judge "$directory" $kernel A 0; judge "$directory" $kernel B 15; unloaded "$directory" $kernel ;;
	x86_64-7.3) judge "$directory" $kernel A 0; judge "$directory" $kernel B 0; unloaded "$directory" $kernel ;;
	*) judge "$directory" $kernel B 0 ;;
	esac
done

# A kernel without profiling.
if directory=$("$KLEAK_TESTS/corpus.sh" x86_64-6.1); then
	run analyze --db old.db --vmlinux "$directory/vmlinux" "$directory/B.vmcore"
	[ "$(sql old.db "SELECT profiling_state, (SELECT count(*) FROM allocations) FROM runs")" = "absent,0" ]
	ok $? "6.1 has no allocation profiling"
	run report --db old.db --format allocinfo
	status_is 3 "no /proc/allocinfo, no text"
	stderr_is "kleak-dump: run 1: there was no /proc/allocinfo: the kernel was built without CONFIG_MEM_ALLOC_PROFILING" \
		"and why"
	run audit --db old.db
	status_is 3 "nothing to audit"
else
	skip "x86_64-6.1" "$directory"
fi

done_testing
