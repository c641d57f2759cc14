#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# merge: all runs of many databases in one, once, whatever those are like.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
sample_database a.db
cp a.db before.db

# Another machine: other addresses, and its rows numbered in another order.
cp a.db b.db
sqlite3 b.db "PRAGMA foreign_keys = OFF; UPDATE t_run SET id = id + 10, dump = '/other' || dump, origin = '/first.db', origin_run = id;
	UPDATE t_frame SET id = 1000 - id, address = address + 4096;
	UPDATE t_stack SET frames = (SELECT json_group_array(1000 - value) FROM json_each(frames));
	UPDATE t_stack SET id = 500 - id;
	UPDATE t_finding SET run_id = run_id + 10, stack_id = 500 - stack_id;
	UPDATE t_group SET run_id = run_id + 10, stack_id = 500 - stack_id;
	UPDATE t_total SET run_id = run_id + 10, stack_id = 500 - stack_id;
	UPDATE t_listing SET run_id = run_id + 10, stack_id = 500 - stack_id;
	UPDATE t_anomaly SET run_id = run_id + 10; UPDATE t_value SET run_id = run_id + 10;
	UPDATE t_allocation SET run_id = run_id + 10; UPDATE t_reference SET run_id = run_id + 10" >out 2>err
[ "$(sqlite3 b.db 'PRAGMA foreign_key_check; SELECT count(*) FROM groups')" = "$(sqlite3 a.db 'SELECT count(*) FROM groups')" ]
ok $? "a database of another machine"
cp b.db b_before.db

run merge all.db a.db b.db
status_is 0 "two databases are merged into a new one"
stdout_is 'a.db: 3 runs added
b.db: 3 runs added
6 runs added, 0 already there' "and that is said"
cmp -s a.db before.db && cmp -s b.db b_before.db
ok $? "what is merged is only read"
[ "$(sqlite3 all.db 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok ]
ok $? "the result is sound"
run query --db all.db --format csv "SELECT run_id, dump, origin, origin_run FROM runs ORDER BY 1"
[ "$(tr -d '\r' <out)" = "run_id,dump,origin,origin_run
1,/dumps/A,$PWD/a.db,1
2,/dumps/B,$PWD/a.db,2
3,/dumps/C,$PWD/a.db,3
4,/other/dumps/A,/first.db,1
5,/other/dumps/B,/first.db,2
6,/other/dumps/C,/first.db,3" ]
ok $? "runs get new numbers, and keep where they come from, the first place of all"

# Whatever is printed of a run is what its own database says, but for its number.
same() { # NUMBER DATABASE NUMBER-THERE WHAT...
	local number=$1 database=$2 theirs=$3
	shift 3
	"$kleak" report --db all.db "$number" "$@" | sed 's/^run  *[0-9]*/run/; /"run_id"/d; /"origin/d' >got
	"$kleak" report --db "$database" "$theirs" "$@" | sed 's/^run  *[0-9]*/run/; /"run_id"/d; /"origin/d' >expected
	[ -s got ] && cmp -s got expected
	ok $? "run $number is run $theirs of $database: $*"
}
for number in 1 2 3; do
	for format in text json kmemleak; do
		same $number a.db $number --format $format
		same $((number + 3)) b.db $((number + 10)) --format $format
	done
	same $number a.db $number -v
done

cp all.db once.db
run merge all.db b.db a.db
stdout_is 'b.db: 0 runs added, 3 already there
a.db: 0 runs added, 3 already there
0 runs added, 6 already there' "the same again adds nothing"
cmp -s all.db once.db
ok $? "not a byte"
run merge all.db all.db a.db
status_is 0 "the result may be among the databases, as with *.db"
run merge again.db all.db a.db
stdout_is 'all.db: 6 runs added
a.db: 0 runs added, 3 already there
6 runs added, 3 already there' "nor does a way round through another one"
run merge --json all.db a.db
json_is '[.databases[0].database, .databases[0].added, .databases[0].known, .added]' '["a.db",0,3,0]' "the same in JSON"
run merge -q other.db a.db
stdout_is '' "-q is quiet"

# Of many, each counts for itself.
echo nonsense >text.db
head -c 20000 a.db >half.db
: >empty.db
ln -s a.db link.db
cp a.db view.db
sqlite3 view.db "ALTER TABLE t_anomaly RENAME TO hidden; CREATE VIEW t_anomaly AS SELECT * FROM hidden"
cp a.db dangling.db
sqlite3 dangling.db "PRAGMA foreign_keys = OFF; UPDATE t_finding SET stack_id = 77777 WHERE run_id = 3"
cp a.db list.db
sqlite3 list.db "UPDATE t_stack SET frames = '[1,2,x]'"
cp a.db typed.db
sqlite3 typed.db "CREATE TABLE copy AS SELECT * FROM t_finding; DROP TABLE t_finding; ALTER TABLE copy RENAME TO t_finding;
	UPDATE t_finding SET size = 'large' WHERE run_id = 3"
cp a.db verdict.db
sqlite3 verdict.db "PRAGMA foreign_keys = OFF; UPDATE t_finding SET verdict = 77 WHERE run_id = 3"
cp a.db newer.db
sqlite3 newer.db "PRAGMA user_version = 999"
run merge mixed.db text.db half.db empty.db link.db view.db dangling.db list.db typed.db verdict.db newer.db nothing.db a.db
status_is 3 "databases that cannot be read are exit code 3"
stderr_is "kleak-dump: 11 of 12 databases could not be merged" "which is one line"
[ "$(tail -n 2 out)" = "a.db: 3 runs added
3 runs added, 0 already there" ] && [ "$(wc -l <out)" -eq 13 ]
ok $? "each of them is named, and the good one merged"
stdout_has "view.db: damaged: what must be a table is none" "a view is no table"
[ "$(sqlite3 mixed.db 'PRAGMA integrity_check; PRAGMA foreign_key_check; SELECT count(*) FROM t_run')" = "ok
3" ]
ok $? "nothing of the others is left"
run merge none.db text.db
status_is 3 "nothing but nonsense"
[ ! -e none.db ]
ok $? "makes no database"

# An older file is brought up to date on the way.
sqlite3 old.db <"$KLEAK_TESTS/../schema/0001_initial.sql"
sqlite3 old.db "PRAGMA application_id = $((0x4b4c4541)); PRAGMA user_version = 1;
	INSERT INTO t_run(dump, live, kmemleak_state, pool_exhausted, scan_in_progress, policy, partial, tool_version, text_header, text_age,
	text_hexdump, text_crc, text_frame) VALUES ('/old', 0, 'on', 0, 0, 'kernel', 0, '0.0.1', 0, 0, 0, 0, 0)"
run merge all.db old.db
[ "$status" -eq 0 ] && [ "$(sqlite3 all.db "SELECT dump FROM t_run WHERE id = 7")" = /old ] && [ "$(sqlite3 old.db 'PRAGMA user_version')" = 1 ]
ok $? "a database of version 1 is merged, and stays as it is"

run merge all.db
status_is 2 "merge takes two databases at least"
run merge text.db a.db
status_is 3 "what is no database cannot be written"
done_testing
