#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two real dumps of one boot in one database: --min-unref-scans counts dumps, and what was written to between them is alive.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

csv() { # DATABASE SQL: rows without the heading
	"$kleak" query --db "$1" --format csv "$2" | tail -n +2 | tr -d '\r'
}

both_orders() { # NAME DIRECTORY FIRST SECOND DATABASE
	"$kleak" analyze -q --db "$5" --min-unref-scans 2 --vmlinux "$2/vmlinux" "$2/$3.vmcore" "$2/$4.vmcore" >out 2>err
	ok $? "$1: $3 and then $4 are analyzed"
	"$kleak" report -v --db "$5" 1 | sed '/^run /d' >"$5.$3"
	"$kleak" report -v --db "$5" 2 | sed '/^run /d' >"$5.$4"
}

# What a dump and the one before it say together is what both say alone.
confirm() { # NAME DIRECTORY
	rm -f plain.db ab.db ba.db
	"$kleak" analyze -q --db plain.db --vmlinux "$2/vmlinux" "$2/A.vmcore" "$2/B.vmcore" >out 2>err
	csv plain.db "SELECT b.address FROM findings a JOIN findings b USING (address, jiffies, class)
		WHERE a.run_id = 1 AND a.verdict IN ('leak', 'indirect', 'unconfirmed')
		AND b.run_id = 2 AND b.verdict IN ('leak', 'indirect') ORDER BY 1" >expected
	both_orders "$1" "$2" A B ab.db
	both_orders "$1" "$2" B A ba.db
	csv ab.db "SELECT address FROM findings WHERE run_id = 2 AND verdict IN ('leak', 'indirect') ORDER BY 1" >out
	[ -s expected ] && cmp -s out expected
	ok $? "$1: what is reported of B is what was unreferenced in both ($(wc -l <expected) objects)"
	[ "$(csv ab.db "SELECT count(*) FROM findings WHERE run_id = 2 AND verdict = 'unconfirmed' AND dumps = 1")" -ge 10 ]
	ok $? "$1: the ten list elements are unconfirmed"
	[ "$(csv ab.db "SELECT count(*) FROM findings WHERE run_id = 1 AND verdict IN ('leak', 'indirect')")" -eq 0 ]
	ok $? "$1: as is all of A, before which there is nothing"
	cmp -s ab.db.A ba.db.A && cmp -s ab.db.B ba.db.B
	ok $? "$1: B analyzed before A says the same"
	[ "$(csv ab.db "SELECT sum(leaked_objects) FROM allocations WHERE run_id = 2")" -eq "$(wc -l <expected)" ] ||
		[ "$(csv ab.db "SELECT count(*) FROM findings WHERE run_id = 2 AND verdict IN ('leak', 'indirect') AND site IS NOT NULL")" -eq \
			"$(csv ab.db "SELECT sum(leaked_objects) FROM allocations WHERE run_id = 2")" ]
	ok $? "$1: call sites count what leaks"
}

# Changes five bytes so that a CRC-32 over them stays what it was: by the polynomial itself.
scribble() { # FILE OFFSET
	local -a old delta=(0x41 0x06 0x71 0xdb 0x01)
	local i new=
	read -r -a old < <(od -An -v -tu1 -j "$2" -N 5 "$1")
	for i in 0 1 2 3 4; do
		new+=$(printf '\\x%02x' $((old[i] ^ delta[i])))
	done
	printf '%b' "$new" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# B with an object written to, of which the kernel's checksum shows nothing. It is one that leads to another leak.
modify() { # NAME DIRECTORY
	local address physical type offset start size
	rm -f changed.db
	cp --reflink=auto "$2/B.vmcore" changed.vmcore
	address=$(csv plain.db "SELECT parent FROM findings WHERE run_id = 2 AND verdict = 'indirect' AND parent IN
		(SELECT b.address FROM findings a JOIN findings b USING (address, jiffies) WHERE a.run_id = 1 AND b.run_id = 2
		AND a.verdict = b.verdict AND b.verdict IN ('leak', 'indirect') AND b.class = 'virtual') LIMIT 1")
	physical=$("$kleak" show --db plain.db --json "$address" | jq -r .physical)
	while read -r type offset _ start size _; do
		if [ "$type" = LOAD ] && ((physical >= start && physical < start + size)); then
			scribble changed.vmcore $((offset + physical - start + 24))
		fi
	done < <(readelf -lW changed.vmcore)
	"$kleak" analyze -q --db changed.db --vmlinux "$2/vmlinux" "$2/A.vmcore" changed.vmcore >out 2>err
	[ "$(csv changed.db "SELECT verdict, checksum_state FROM findings WHERE run_id = 2 AND address = '$address'")" = \
		"modified,unmodified" ]
	ok $? "$1: what changed between A and B is modified, though its CRC is the same"
	csv changed.db "SELECT reason FROM findings WHERE run_id = 2 AND address = '$address'" |
		grep -q '^"\?unreferenced, but its content changed in the [0-9.]* s since the dump before'
	ok $? "$1: which is said"
	csv changed.db "SELECT reason FROM findings WHERE run_id = 2 AND verdict = 'modified'" |
		grep -q "reachable through the object at $address, whose content changed"
	ok $? "$1: what it leads to is alive as well"
	run diff --db changed.db 1 2 --json
	[ "$(jq -c '[.groups[].verdicts[]? | select(.to == "modified") | .objects] | add' out)" = \
		"$(csv changed.db "SELECT count(*) FROM findings WHERE run_id = 2 AND verdict = 'modified'")" ]
	ok $? "$1: diff says what became of them"
	rm -f changed.vmcore
}

for kernel in x86_64-6.12 x86_64-7.3; do
	if ! directory=$("$KLEAK_TESTS/corpus.sh" "$kernel"); then
		skip "$kernel" "$directory"
		continue
	fi
	confirm "$kernel" "$directory"
	modify "$kernel" "$directory"
done
done_testing
