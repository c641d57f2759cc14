#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# history: one stack or call site from run to run; diff --min-growth: what grows and is held.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
sample_database sample.db
sqlite3 sample.db "UPDATE t_run SET host = 'db7'"
hash=$(sqlite3 sample.db "SELECT stack_hash FROM groups WHERE top_frame LIKE 'leaky_add%'")

run history --db sample.db "$hash"
status_is 0 "a stack has a history"
[ "$(head -n 1 out)" = "$hash: leaky_add+0x20/0x40 [leaky]" ]
ok $? "it begins with its name"
stdout_has "first seen in run 2, dumped 2023-11-14 22:13:22 UTC; at most 96 B leaked" "and when it was seen first"
[ "$(tail -n 3 out | sed 's/  */ /g; s/^ //; s/ $//')" = "1 2023-11-14 22:13:21 UTC db7 0 0 B not found
2 2023-11-14 22:13:22 UTC db7 3 96 B ############ 3 leak
3 2023-11-14 22:13:23 UTC db7 0 0 B not found (partial)" ]
ok $? "every run of the machine has a line and a bar"
run history --db sample.db "$hash" --json
json_is '[.first_run, [.runs[] | [.run_id, .machine, .leaked_objects, .leaked_bytes, .verdicts]]]' \
	'[2,[[1,"db7",0,0,""],[2,"db7",3,96,"3 leak"],[3,"db7",0,0,""]]]' "JSON says the same"
run history --db sample.db 0000000000000000
status_is 3 "a stack that nobody had is an error"
one_line_error "of one line"
run history --db sample.db
status_is 2 "which one has to be said"
run history --db sample.db "$hash" another
status_is 2 "one at a time"

sqlite3 sample.db "INSERT INTO t_site(id, content, file, line, module, function) VALUES (1, 1, 'drivers/' || char(27) || 'x.c', 42, NULL, 'f');
	UPDATE t_group SET site_id = 1 WHERE run_id = 1"
run history --db sample.db 'drivers/*:42'
stdout_has "first seen in run 1" "a call site has a history, by a glob"
run history --db sample.db 'drivers/*' --width 20
[ "$(tail -n +2 out | awk 'length > 20 && NF > 1' | wc -l)" -eq 0 ]
ok $? "20 columns are enough, but for a long word"
sqlite3 sample.db "UPDATE t_run SET host = char(27) || '[2J' WHERE id = 1"
run history --db sample.db 'drivers/*:42'
! grep -q $'\033' out
ok $? "escapes in names are harmless"

# What is held and grows: three objects of leaky_add() are on a list in run 1, and there are many in run 2.
sample_database growth.db
sqlite3 growth.db "UPDATE t_total SET objects = 1003, bytes = 32096 WHERE run_id = 2 AND objects = 3;
	DELETE FROM t_finding WHERE run_id = 2"
run diff --db growth.db 1 2 --min-growth 1K
stdout_has "growing, though something leads to it (by 1.00 KiB or more)" "what grows is a section of its own"
stdout_has "  stack  +31.2 KiB, 3 -> 1003 objects: leaky_add+0x20/0x40 [leaky]" "with how much of what"
run diff --db growth.db 1 2 --min-growth 1M
stdout_has "nothing that is reachable grew by 1.00 MiB" "unless it is too little"
run diff --db growth.db 1 2
! grep -q "grow" <(tail -n 1 out)
ok $? "it is not looked for unasked"
run diff --db growth.db 1 2 --json --min-growth 1K
json_is '[.growing[] | [.kind, .objects_a, .objects_b, .bytes_b - .bytes_a]]' '[["stack",3,1003,32000]]' "JSON says the same"
sample_database leaks.db
run diff --db leaks.db 1 2 --json --min-growth 1
json_is '.growing' '[]' "what leaks is not reachable"
sqlite3 growth.db "INSERT INTO t_site(id, content, file, line, module, function) VALUES (1, 1, 'mm/a.c', 7, 'm', 'f');
	INSERT INTO t_allocation(run_id, seq, site_id, tag, listed, unloaded, inaccurate, bytes, calls, slab_bytes, slab_objects,
	page_bytes, page_calls, percpu_bytes, percpu_calls, stale_pages, cause, objects, object_bytes, leaked_objects, leaked_bytes)
	SELECT id, 1, 1, 1, 1, 0, 0, id * 5000, id, 0, 0, 0, 0, 0, 0, 0, 'agrees', 0, 0, id - 1, (id - 1) * 10 FROM t_run WHERE id < 3"
run diff --db growth.db 1 2 --min-growth 4K
stdout_has "  site   +4.87 KiB, 1 -> 1 allocation: mm/a.c:7 f [m]" "call sites grow as well, less what leaks"
run diff --db growth.db 2 3 --json --min-growth 1
json_is '[.growing[] | select(.kind == "site")]' '[]' "unless one run knows none"
run diff --db growth.db 1 2 --min-growth x
status_is 2 "a size is a number"
done_testing
