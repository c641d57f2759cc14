#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where the objects come from: on real dumps the allocators' own structures give the findings that kmemleak's list gives,
# and the run, the reports and the repeated run know which it was.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

run analyze --source nowhere x.vmcore
status_is 2 "an unknown source is wrong usage"
stderr_is "kleak-dump: --source: 'nowhere' is not auto, kmemleak or allocators" "and the message has those there are"
run analyze --source allocators --policy kernel x.vmcore
status_is 2 "the kernel's own policy needs kmemleak's objects"

leaks() { # RUN
	"$kleak" query --db two.db --format csv "SELECT address FROM findings
		WHERE run_id = $1 AND verdict IN ('leak', 'indirect')" | tr -d '\r' | sort
}

judge() { # DIRECTORY KERNEL
	rm -f two.db
	run analyze --db two.db --vmlinux "$1/vmlinux" "$1/B.vmcore"
	status_is 0 "$2: analyze"
	grep -q '^kmemleak  on' out && ! grep -q '^stacks ' out
	ok $? "$2: kmemleak was on, so its objects are taken"
	run analyze --source allocators --db two.db --vmlinux "$1/vmlinux" "$1/B.vmcore"
	status_is 0 "$2: analyze --source allocators"
	grep -q '^objects   the allocators: .* (kmemleak on)$' out
	ok $? "$2: the report says whose objects they are"
	grep -q '^stacks    unknown: boot with slab_debug=U' out || grep -q '^call sites: ' out
	ok $? "$2: and how to know who allocates, unless profiling tells"
	[ "$(leaks 1 | wc -l)" -gt 20 ] && [ "$(leaks 1)" = "$(leaks 2)" ]
	ok $? "$2: both find the same leaks"
	run query --db two.db --format csv "SELECT source, (SELECT count(*) FROM anomalies a WHERE a.run_id = r.run_id) AS n FROM runs r"
	[ "$(tr -d '\r' <out)" = "source,n
kmemleak,0
allocators,0" ]
	ok $? "$2: the runs record their sources, without anomalies"
	run analyze --source allocators --db swept.db --explain-policy --sweep types=yes,no --json \
		--vmlinux "$1/vmlinux" "$1/B.vmcore"
	[ "$status" -eq 0 ] && jq -e '(.refinements | length > 9) and (.sweep | length == 2) and
		([.groups[].verdicts.leak // 0] | add) == .sweep[0].leak' out >/dev/null
	ok $? "$2: other settings give reasons for what is explained, too"
	run diff --db two.db 1 2 --json
	[ "$status" -eq 0 ] && jq -e '[.groups[]? | select(.change == "new" or .change == "gone")] == []' out >/dev/null
	ok $? "$2: diff of the two finds the same leaks, by their addresses"
	run why --db two.db --run 2 "$(leaks 2 | head -n 1)"
	status_is 0 "$2: the run is repeated with its own source"
	grep -q "^leak: 0 of the 1 references" out
	ok $? "$2: and why says what it found"
}

# One word says whether kmemleak was on. Where it says no, the list of what kmemleak tracks speaks against it.
switched_off() { # DIRECTORY KERNEL
	local offset base address
	offset=$(grep -a -m 1 -o 'KERNELOFFSET=[0-9a-f]*' "$1/B.vmcore")
	base=$(grep -a -m 1 -o 'NUMBER(phys_base)=-\?[0-9]*' "$1/B.vmcore")
	address=$(nm "$1/vmlinux" | awk '$3 == "kmemleak_enabled" { print $1 }')
	# From the virtual address over the physical one to the place in the file, whose first segment begins at 0.
	address=$((0x$address + 0x${offset#*=} - 0xffffffff80000000 + ${base#*=}))
	offset=$(readelf -lW "$1/B.vmcore" | awk '$1 == "LOAD" && $4 ~ /^0x0*$/ { print $2 }')
	cp "$1/B.vmcore" off.vmcore
	printf '\0' | dd of=off.vmcore bs=1 seek=$((address + offset)) conv=notrunc status=none
	rm -f off.db
	run analyze --db off.db --vmlinux "$1/vmlinux" off.vmcore
	status_is 4 "$2: kmemleak is off, but tracks objects: the run is partial"
	grep -q '^objects   the allocators: .*kmemleak off' out &&
		"$kleak" query --db off.db --format csv "SELECT message FROM anomalies" | grep -q 'said to be off, but tracks objects'
	ok $? "$2: the allocators are asked instead, and the run says why"
	rm -f off.vmcore
}

for kernel in x86_64-6.1 x86_64-6.12 x86_64-7.3 aarch64-7.3; do
	if folder=$("$KLEAK_TESTS/corpus.sh" "$kernel" 2>&1); then
		judge "$folder" "$kernel"
		[ "$kernel" != x86_64-6.12 ] || switched_off "$folder" "$kernel"
	else
		skip "$kernel" "$folder"
	fi
done
done_testing
