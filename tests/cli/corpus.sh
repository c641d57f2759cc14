#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Real dumps held against the kernel's own words: its listing to the byte, the colors of its last scan, its leaks.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# The file's entries, one per line. Of per-CPU objects the CPU and the bytes are left out: the CPU that ran `cat` is not
# in the dump.
entries() { # FILE
	awk '
		/^unreferenced object/ && entry { print entry; entry = "" }
		/hex dump \(first [0-9]+ bytes on cpu [0-9]+\):/ { sub(/cpu [0-9]+/, "cpu ?"); percpu = 2 }
		percpu && /^    ([0-9a-f][0-9a-f] )/ { percpu--; $0 = "    bytes" }
		/backtrace/ { percpu = 0 }
		{ entry = entry $0 "|" }
		END { if (entry) print entry }
	' "$1"
}

# How many entries `diff` marks with this sign.
count_diff() { # SIGN FILE FILE
	diff <(entries "$2") <(entries "$3") | grep -c "^$1"
}

listing() { # NAME DUMP TEXT EXTRA
	run report --db kernel.db --format kmemleak
	status_is 0 "$1: report --format kmemleak"
	[ "$(entries "$3" | wc -l)" -gt 0 ] && [ "$(count_diff '<' "$3" out)" -eq 0 ]
	ok $? "$1: holds every entry of the kernel's text, to the byte and in order"
	[ "$(count_diff '>' "$3" out)" -eq "$4" ]
	ok $? "$1: has $4 entries beyond it"
}

# EXTRA: objects that the kernel's own listing skipped though its flags say they were reported.
judge() { # DIRECTORY KERNEL DUMP TEXT EXTRA
	local name=$2/$3 compared agreed
	rm -f kernel.db
	run analyze --policy kernel --db kernel.db --vmlinux "$1/vmlinux" "$1/$3"
	status_is 0 "$name: analyze --policy kernel"
	[ ! -s err ]
	ok $? "$name: nothing on stderr"
	read -r agreed compared < <(sed -n 's/^replay: \([0-9]*\) of \([0-9]*\) objects.*/\1 \2/p' out)
	[ "${compared:-0}" -gt 15000 ] && [ $((agreed * 1000)) -ge $((compared * 999)) ]
	ok $? "$name: the replay agrees with the kernel's last scan ($agreed of $compared objects)"
	listing "$name" "$1/$3" "$1/$4" "$5"
}

# Everything that the kernel had reported is still found, and what is found besides is the test module's, too.
judge_precisely() { # DIRECTORY KERNEL DUMP TEXT
	local name=$2/$3
	run analyze --db precise.db --vmlinux "$1/vmlinux" "$1/$3"
	status_is 0 "$name: analyze"
	"$kleak" query --db precise.db --format csv "SELECT address FROM findings WHERE verdict IN ('leak', 'indirect')
		AND run_id = (SELECT max(run_id) FROM runs)" | tr -d '\r' | sort >found
	# cookies are short in the text: 0x0001c2d0
	sed -n 's/^unreferenced object.* 0x\([0-9a-f]*\) (size.*/000000000000000\1/p' "$1/$4" |
		sed 's/.*\(.\{16\}\)$/0x\1/' | sort >reported
	[ -s reported ] && [ "$(comm -13 found reported | wc -l)" -eq 0 ]
	ok $? "$name: every leak that the kernel reported is found"
	run query --db precise.db --format csv "SELECT count(*) FROM findings WHERE verdict IN ('leak', 'indirect')
		AND comm != 'insmod' AND run_id = (SELECT max(run_id) FROM runs)"
	[ "$(tail -n 1 out | tr -d '\r')" = 0 ]
	ok $? "$name: and nobody but the leaking module is accused"
}

# The ten list elements: objects of its 512 bytes that the removed module's initialisation allocated in one place.
compare() { # DIRECTORY KERNEL
	rm -f diff.db
	run diff --db diff.db --vmlinux "$1/vmlinux" --json "$1/A.vmcore" "$1/B.vmcore"
	status_is 1 "$2: diff A B finds something new"
	"$kleak" query --db diff.db --format csv "SELECT f.address FROM findings f JOIN (SELECT stack_id, count(*) AS n
		FROM findings WHERE run_id = 2 AND size = 512 AND comm = 'insmod' GROUP BY stack_id) s
		ON s.stack_id = f.stack_id WHERE f.run_id = 2 AND s.n = 10" | tail -n +2 | tr -d '\r' | sort >elements
	[ "$(wc -l <elements)" -eq 10 ]
	ok $? "$2: B has the ten list elements"
	jq -r '.groups[] | select(.change == "new" or .change == "grown") | .new_objects[]' out | sort >new
	[ "$(comm -23 elements new | wc -l)" -eq 0 ]
	ok $? "$2: all ten are named as new"
	# And two that the module kept in its per-CPU variable, which went with it; what leaked before is not new.
	[ "$(wc -l <new)" -eq 12 ]
	ok $? "$2: and two of its per-CPU variable, but nothing that leaked before"
	jq 'del(.a, .b)' out >once
	"$kleak" query --db diff.db --format csv "SELECT DISTINCT a.leaked < b.leaked FROM
		(SELECT stack_hash, sum(leaked_objects) AS leaked FROM groups WHERE run_id = 1 GROUP BY 1) a JOIN
		(SELECT stack_hash, sum(leaked_objects) AS leaked FROM groups WHERE run_id = 2 GROUP BY 1) b
		USING (stack_hash) WHERE a.leaked > 0" >out
	[ "$(tail -n 1 out | tr -d '\r')" = 1 ]
	ok $? "$2: SQL joins A and B on the hash of the stack, though the module went"
	rm -f back.db
	"$kleak" analyze -q --db back.db --vmlinux "$1/vmlinux" "$1/B.vmcore" "$1/A.vmcore" >out
	for number in 1 2; do
		"$kleak" report --db diff.db $number | sed '/^run /d'
	done >expected
	for number in 2 1; do
		"$kleak" report --db back.db $number | sed '/^run /d'
	done >out
	cmp -s out expected
	ok $? "$2: B analyzed before A gives the same reports"
	run diff --db back.db 2 1 --json
	jq 'del(.a, .b)' out | cmp -s - once
	ok $? "$2: and the same diff"
	run diff --db back.db
	sed '/^[AB]  run/d' out >default
	run diff --db diff.db 1 2
	sed '/^[AB]  run/d' out | cmp -s - default
	ok $? "$2: as is the diff of the newest two, by the time of the dump"
	run diff --db back.db 1 2
	stdout_has "B is older than A" "$2: the wrong way round is said"
}

for kernel in x86_64-6.1 x86_64-6.12 x86_64-7.3 aarch64-7.3; do
	if ! directory=$("$KLEAK_TESTS/corpus.sh" "$kernel"); then
		skip "$kernel" "$directory"
		continue
	fi
	judge "$directory" "$kernel" B.vmcore B.kmemleak 0
	judge_precisely "$directory" "$kernel" B.vmcore B.kmemleak
	[ -e "$directory/A.vmcore" ] || continue
	judge "$directory" "$kernel" A.vmcore A.kmemleak 1
	judge_precisely "$directory" "$kernel" A.vmcore A.kmemleak
	compare "$directory" "$kernel"
done
if directory=$("$KLEAK_TESTS/corpus.sh" x86_64-7.3); then
	judge "$directory" x86_64-7.3 B.vmcore.kdump-flat B.kmemleak 0
	run analyze --db weak.db --vmlinux "$directory/vmlinux" "$directory/B.vmcore"
	stdout_has "    its address is only in fields that are not pointers: dentry.d_time" "x86_64-7.3/B.vmcore: the text says who holds a chain weakly"
	[ "$(grep -c '^    [0-9]* of the [0-9]* references' out)" -eq 0 ]
	ok $? "and of leaks not why they are some"
fi
done_testing
