#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The formats of `report`, what is selected for them, and what --redact leaves out of every one of them.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
sample_database sample.db
formats=$(sed -n 's/^KL_FORMAT(\([a-z]*\),.*/\1/p' "$KLEAK_TESTS/../src/report/formats.def")

report() { run report --db sample.db "$@"; }

# ---- markdown ----
report 1 --format markdown
status_is 0 "markdown"
[ "$(head -n 1 out)" = '# Memory leak in `leaky_probe` of module `leaky` at `drivers/leaky.c:42`' ]
ok $? "its title is the function to blame, and where"
stdout_has "    > leaky_probe+0x10/0x40 [leaky]  drivers/leaky.c:42" "stacks are code"
stdout_has "    kleak-dump analyze" "the command that shows it again"
[ "$(grep -c '^## ' out)" -eq 3 ]
ok $? "a section for each group, and one for that"
cp sample.db hostile.db
sqlite3 hostile.db "UPDATE t_frame SET symbol = '\`\`\` <script>+0x1/0x2 [x|y]' WHERE id = 2;
	UPDATE t_group SET comm = '\`# <img src=x>', reason = '[x](javascript:1) <b> *y* \`z'"
run report --db hostile.db 1 --format markdown
stdout_has '# Memory leak in ```` ``` <script> ````' "backticks in a name are between more of them"
stdout_has '\[x\](javascript:1) \<b\> \*y\* \`z' "sentences mean what they say"
! grep -v '^    ' out | sed 's/`[^`]*`//g' | grep -q '[^\\]<'
ok $? "no HTML anywhere"

# ---- flame graphs ----
report 1 --format folded
stdout_is "entry_SYSCALL_64_after_hwframe;do_one_initcall;leaky_probe [leaky];kmalloc_trace $("$kleak" report 1 --db sample.db --json | jq '.groups[0].leaked_bytes')
entry_SYSCALL_64_after_hwframe;do_one_initcall;other_open.isra.0;kmalloc_trace $("$kleak" report 1 --db sample.db --json | jq '.groups[1].leaked_bytes')" "folded: stacks from the outside in, and bytes"
report 1 --format folded --weight objects
[ "$(awk '{ sum += $NF } END { print sum }' out)" -eq 3 ]
ok $? "or objects"
report 1 --format speedscope
json_is '[.profiles[] | (.samples | length) == (.weights | length)] | all' true "speedscope: a weight for each sample"
json_is '.shared.frames as $f | [.profiles[0].samples[][] | $f[.].name] | map(select(. == null)) | length' 0 "every frame is there"
json_is '.profiles | map(.endValue == (.weights | add)) | all' true "and sums are right"

# ---- ndjson ----
report 1 --format ndjson
jq -es 'map(.record) | unique == ["anomaly", "finding", "group", "run"] or unique == ["finding", "group", "run"]' out >query
ok $? "ndjson: one object on each line"
"$kleak" report 1 --db sample.db --json >one.json
[ "$(jq -sc 'map(select(.record == "group") | del(.record))' out)" = "$(jq -c .groups one.json)" ]
ok $? "the same as in JSON"

# ---- what is selected ----
report 1 --json --verdict leak --module leaky
json_is '[.groups[].top_frame]' '["leaky_probe+0x10/0x40 [leaky]"]' "--verdict and --module"
json_is '[.findings[].top_frame] | unique' '["leaky_probe+0x10/0x40 [leaky]"]' "choose findings as well"
json_is '.totals.groups' 1 "and what is summed up"
report 1 --json --module kernel
json_is '[.groups[].top_frame]' '["other_open.isra.0+0x5/0x90"]' "--module kernel"
report 1 --json --site '*leaky.c:42'
json_is '.groups | length' 1 "--site: a line"
report 1 --json --site 'other_*'
json_is '.groups | length' 1 "--site: a function"
report 1 --json --top 1
json_is '.groups | length' 1 "--top"
report 1 --module nothing
stdout_has "nothing, of what was selected" "nothing selected is not nothing leaked"
report 1 --summary
! grep -q '^1\. ' out && grep -q '^leaked' out
ok $? "--summary is the head"
report --verdict nonsense
status_is 2 "a verdict that there is not"
stderr_has "'nonsense' is no verdict" "is named"
report --format markdown --json
status_is 2 "--json and another format contradict each other"
report --format nonsense
status_is 2 "a format that there is not"

# ---- added up ----
report 1 --by module --json
json_is '[.tallies[] | [.by, .name, .objects, .leaked_objects]]' '[["module","leaky",2,2],["module","kernel",2,1]]' "--by module"
json_is '[has("groups"), has("findings"), has("allocations")]' '[false,false,false]' "takes the place of groups"
json_is '.totals.objects' 4 "what there is in all stays"
report 1 --by site --json
json_is '[.tallies[].name]' '["drivers/leaky.c:42","other_open.isra.0"]' "--by site: lines, or functions"
report 2 --by task --json
json_is '[.tallies[] | [.name, .objects]]' '[["insmod",2],["modprobe",2],["udevd",1]]' "--by task"
report 1 --by cache
grep -q ' none known$' out
ok $? "--by cache"
[ "$("$kleak" report 1 --db sample.db --by module --module leaky --format ndjson | jq -c 'select(.record == "tally") | .name')" = '"leaky"' ]
ok $? "of what is selected"
[ "$("$kleak" report 2 --db sample.db --by task --top 2 --json | jq -c '[.tallies[].name]')" = '["insmod","modprobe"]' ]
ok $? "--top counts sums"
report 1 --by module
[ "$(tail -n 3 out)" = 'leaked  bytes  found  bytes  module
     2   64 B      2   64 B  leaky
     1   32 B      2   64 B  kernel' ]
ok $? "as a table"
run report --db hostile.db 1 --by module --format markdown
stdout_has '| 2 | 64 B | 2 | 64 B | x\|y |' "in Markdown, whatever the name"
report 3 --by module --json
json_is '[.tallies[].name]' '["leaky"]' "modules of stacks that other runs can name"
report 2 --by stack --json
json_is 'has("groups")' true "by stack are the groups"
report 1 --by nonsense
status_is 2 "sums by what there is not"
report 1 --by module --format html
status_is 2 "a format without sums"
stderr_is "kleak-dump: --by module is for text, markdown, json and ndjson" "is named"

# ---- which run ----
report latest --json
json_is .run.run_id 3 "latest"
report latest~2 --json
json_is .run.run_id 1 "latest~2"
report /dumps/B --json
json_is .run.run_id 2 "the path of a dump"
report latest~3
status_is 3 "there are not so many runs"
report /dumps/nothing
stderr_has "no run of /dumps/nothing is stored" "a dump without a run"
report latest~x
status_is 2 "latest~x"

# ---- of two runs ----
compare() { run diff --db sample.db "$@"; }
compare 1 2 --format markdown
status_is 1 "a comparison in Markdown ends as one in text does"
[ "$(head -n 1 out)" = '# New memory leak in `leaky_add` of module `leaky`' ]
ok $? "its title is what is new"
[ "$(grep '^## ' out)" = '## 1. new: `leaky_add` of module `leaky`
## 2. gone: `other_open.isra.0`
## To see this again' ]
ok $? "a section for each change"
stdout_has '* `0xffff888000002000`, 32 B, by `modprobe`, age 12 s' "new objects are named"
stdout_has "    kleak-dump diff /dumps/A /dumps/B" "and the command"
compare 2 2 --format markdown
[ "$(head -n 1 out)" = '# Nothing changed' ]
ok $? "nothing new is its title, too"
run diff --db hostile.db 1 2 --format markdown
! grep -v '^    ' out | sed 's/`[^`]*`//g' | grep -q '[^\\]<'
ok $? "no HTML anywhere"
compare 1 2 --format folded
stdout_is "entry_SYSCALL_64_after_hwframe;do_one_initcall;leaky_add [leaky];kmalloc_trace 0 96
entry_SYSCALL_64_after_hwframe;do_one_initcall;other_open.isra.0;kmalloc_trace 32 0" "folded: bytes in A and in B"
compare 1 2 --format folded --weight objects
[ "$(awk '{ print $(NF - 1), $NF }' out)" = "0 3
1 0" ]
ok $? "or objects"
compare 1 2 --format speedscope
json_is '[.profiles[] | [.name, .endValue]]' '[["bytes, more in B",96],["objects, more in B",3],["bytes, less in B",32],["objects, less in B",1]]' \
	"speedscope: what is more, and what is less"
json_is '[.profiles[] | (.samples | length) == (.weights | length)] | all' true "a weight for each sample"
compare 1 2 --json
cp out one.json
json_is '[.changes[]]' '[1,0,0,0,1]' "JSON counts changes"
json_is '.groups[1].blamed.function' '"other_open.isra.0+0x5/0x90"' "and blames as a report does"
compare 1 2 --format ndjson
[ "$(jq -sc 'map(select(.record == "group") | del(.record))' out)" = "$(jq -c .groups one.json)" ]
ok $? "ndjson: the same groups"
json_is '.record' '"diff"
"group"
"group"' "on lines of their own"
compare 2 3 --json
json_is '.groups[] | select(.blamed.function | startswith("leaky_probe")).blamed.line' 42 "lines are those that the database knows of any run"
compare 1 2 --format kmemleak
status_is 2 "a format that shows one run"
stderr_is "kleak-dump: --format kmemleak is of one run; it cannot show a comparison" "is named"
compare 1 2 --format markdown --json
status_is 2 "--json and another format contradict each other"

# ---- redact ----
cp sample.db secret.db
sqlite3 secret.db "UPDATE t_finding SET comm = 'SECRETTASK', pid = 987654, reason = 'only the stack of SECRETTASK holds it';
	UPDATE t_group SET comm = 'SECRETTASK', pid = 987654;
	UPDATE t_listing SET comm = CAST('SECRETTASK' AS BLOB), pid = 987654, content = CAST('SECRETBYTES' AS BLOB);
	UPDATE t_run SET dump = '/home/SECRETDIR/SECRETDUMP', origin = '/home/SECRETDIR/a.db', dump_files = '/home/SECRETDIR/x', vmlinux = '/home/SECRETDIR/vmlinux',
		banner = 'Linux version 6 (joe@SECRETHOST)', edges = 'findings';
	UPDATE t_frame SET file = '/home/SECRETDIR/mod.c', line = 3 WHERE id = 2;
	INSERT INTO t_advice VALUES (1, 1, 'suppression', 'rule', NULL, '/home/SECRETDIR/rules:3', 'used', 'SECRETCOMMENT', 1, 1);
	INSERT INTO t_value VALUES (1, 'option', 'modules', '/home/SECRETDIR/modules');
	INSERT INTO t_anomaly VALUES (1, 90, 'task', NULL, 'task SECRETTASK has no stack'), (1, 91, 'file', NULL, 'see /home/SECRETDIR');
	INSERT INTO t_text VALUES (9001, 9001, 'stack'), (9002, 9002, 'stack of SECRETTASK (987654)'), (9003, 9003, 'x');
	INSERT INTO t_reference(run_id, target, seq, at, kind, holder, name, class, why, traits, counts)
		SELECT 1, address, 1, 4096, 9001, 4096, 9002, 9003, 9003, 9003, 0 FROM t_finding WHERE run_id = 1 GROUP BY address;"
sqlite3 secret.db 'SELECT count(*) FROM t_reference' | grep -qv '^0$'
ok $? "secrets are planted"
for format in $formats; do
	[ "$format" = allocinfo ] && continue
	run report --db secret.db 1 -v --format "$format"
	plain=$(grep -cE 'SECRET|987654|U0VDUkV|53 45 43 52' out)
	run report --db secret.db 1 -v --format "$format" --redact
	[ "$status" -eq 0 ] && [ -s out ] && ! grep -qE 'SECRET|987654|53 45 43 52' out
	ok $? "$format: none of them is told with --redact ($plain without)"
done
for format in $formats; do
	case $format in allocinfo | kmemleak) continue ;; esac
	run diff --db secret.db 1 2 -v --format "$format" --redact
	[ "$status" -eq 1 ] && [ -s out ] && ! grep -qE 'SECRET|987654' out
	ok $? "$format of a comparison: none, either"
done
sqlite3 secret.db 'SELECT comm FROM t_finding' | grep -q SECRETTASK
ok $? "the database keeps them"
done_testing
