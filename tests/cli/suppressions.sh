#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules suppress what they match and what hangs on it, nothing else, and say what they did.
# shellcheck source=tests/cli/mini_lib.sh disable=SC2317 # functions are called through case_
. "$(dirname "$0")/mini_lib.sh"
policy=precise
demo=$fixtures/demo.vmcore

verdicts() {
	sql "SELECT verdict, count(*) FROM findings GROUP BY verdict ORDER BY verdict" | tr ',\r\n' '= ,' | tr -d ' '
}
# with STATUS VERDICTS ARGUMENT...: the demo's verdicts when it is analyzed so.
with() {
	local status=$1 expected=$2
	shift 2
	analyse "$status" demo "$@" "$demo" || return 1
	[ "$(verdicts)" = "$expected" ] || { echo "$(verdicts), expected $expected"; return 1; }
}
case_ "without rules" with 0 indirect=8,leak=37,modified=1,young=1,

cat >head.supp <<'END'
[mount options]
comment = known
frame = vaultfs_init_fs_context
END
case_ "a suppressed leak takes along what only it leads to" with 0 leak=33,modified=1,suppressed=12,young=1, --suppressions head.supp
reasons() {
	equals "SELECT DISTINCT reason FROM findings WHERE verdict = 'suppressed'" "by the rule [mount options] of head.supp:1: known" &&
		equals "SELECT name, origin, state, objects, bytes, comment FROM suppressions" "mount options,head.supp:1,used,12,1280,known"
}
case_ "the reason names the rule, and the run what it did" reasons
case_ "findings of other verdicts stay" equals "SELECT count(*) FROM findings WHERE verdict IN ('young', 'modified') AND head IS NULL" 2

cat >dependant.supp <<'END'
[names of sources]
frame = vaultfs_parse_param
END
case_ "what hangs on a leak can be suppressed alone" with 0 leak=37,modified=1,suppressed=8,young=1, --suppressions dependant.supp
cat >module.supp <<'END'
[can]
module = acme_*
[per-CPU]
frame = nft_*
release = 7.3*
END
case_ "several files, and the variable" with 0 leak=1,modified=1,suppressed=44,young=1, \
	--suppressions head.supp --suppressions module.supp
variable() {
	KLEAK_SUPPRESSIONS=head.supp:module.supp with 0 leak=1,modified=1,suppressed=44,young=1,
}
case_ "as \$KLEAK_SUPPRESSIONS" variable

cat >idle.supp <<'END'
[old]
frame = *
until = 2020-01-01
[far]
frame = *
release = 2.6.*
[misspelt]
frame = acme_cna_setup_rx
END
case_ "what does not apply does nothing" with 0 indirect=8,leak=37,modified=1,young=1, --suppressions idle.supp
case_ "and is told" equals "SELECT group_concat(name || ' ' || state, '; ') FROM suppressions" \
	"old expired; far for other kernels; misspelt unused"
printed_idle() {
	grep -qx 'rules     3 rules, which suppressed nothing' printed &&
		grep -qxF 'rule      [misspelt] of idle.supp:7: unused' printed
}
case_ "in the report, too" printed_idle

quiet() {
	analyse 1 demo --fail-on-leaks "$demo" && "$kleak" report --db db --suppression all >all.supp || return 1
	with 0 modified=1,suppressed=45,young=1, --fail-on-leaks --suppressions all.supp &&
		grep -q '^leaked    nothing; not counted: 2 objects that may be alive$' printed &&
		! grep -q acme_can_setup_rx printed
}
case_ "rules that report writes make --fail-on-leaks quiet" quiet
named() {
	"$kleak" report --db db -v | grep -q acme_can_setup_rx
}
case_ "-v names what is suppressed" named
one() {
	analyse 0 demo "$demo" && "$kleak" report --db db --suppression 0xffff888041302200 >one.supp &&
		with 0 indirect=8,leak=13,modified=1,suppressed=24,young=1, --suppressions one.supp
}
case_ "a rule for one finding is about its stack" one
group() {
	analyse 0 demo "$demo" || return 1
	"$kleak" report --db db --suppression "$(sql "SELECT stack_hash FROM groups WHERE top_frame LIKE 'nft%'" | tr -d '\r')" >group.supp &&
		with 0 indirect=8,leak=29,modified=1,suppressed=8,young=1, --suppressions group.supp
}
case_ "or one group" group
json() {
	"$kleak" report --db db --json | sed -n '/"advice"/,/]/p' | tr -d '\n\t' |
		grep -qF '"kind": "suppression", "name": "nft_flowstat_init+0x29/0x70", "origin": "group.supp:1", "state": "used"'
}
case_ "JSON has the rules" json
replayed() {
	policy=kernel
	analyse 0 demo --suppressions head.supp "$demo" &&
		equals "SELECT count(*) FROM findings WHERE verdict = 'suppressed'" 12
}
case_ "the policy kernel has rules, too" replayed
policy=precise

run report --db db --suppression 0x10
status_is 3 "no such finding"
run report --db db --suppression nonsense
status_is 2 "no address"
printf '[a]\nframe: x\n' >bad.supp
run analyze --db bad.db --vmlinux "$fixtures/demo.vmlinux" --suppressions bad.supp "$demo"
status_is 3 "a bad line"
stderr_is "kleak-dump: bad.supp:2: expected '[name]' or 'key = value'" "is named"
[ ! -e bad.db ]
ok $? "and nothing is made"
run analyze --db bad.db --suppressions nowhere.supp "$demo"
status_is 3 "a missing file"
run analyze --db bad.db --suppressions . "$demo"
status_is 3 "a directory"
head -c 2000000 /dev/zero >huge.supp
run analyze --db bad.db --suppressions huge.supp "$demo"
stderr_is "kleak-dump: huge.supp: larger than a file of suppressions can be (1 MiB)" "a file too large"

# The files that come with the program can be read.
for file in "$KLEAK_TESTS"/../suppressions/*.supp; do
	case_ "$(basename "$file")" with 0 indirect=8,leak=37,modified=1,young=1, --suppressions "$file"
done
done_testing
