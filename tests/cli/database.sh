#!/bin/bash
# Databases that are missing, foreign, damaged, newer, or cannot be written.
. "$(dirname "$0")/lib.sh"

bad_database() { # FILE MESSAGE NAME: every reading command says so and ends with 3
	local command
	for command in "runs" "report" "query SELECT" "diff 1 2"; do
		# shellcheck disable=SC2086
		run $command --db "$1"
		[ "$status" -eq 3 ] && [ "$(cat err)" = "kleak-dump: $2" ] && [ ! -s out ]
		ok $? "${command%% *}: $3"
	done
}

bad_database nothing.db "nothing.db: no such database" "no such file"
[ ! -e nothing.db ]
ok $? "and none is made"
mkdir directory
bad_database directory "directory: not a regular file, so not a database" "a directory"
echo "This is a text file, long enough to be taken for something else." >text
bad_database text "text: not a database" "a text file"
head -c 8192 /dev/zero >zero
bad_database zero "zero: not a database" "zeros"
: >empty.db
bad_database empty.db "empty.db: holds no runs" "an empty file"
sqlite3 foreign.db 'CREATE TABLE t(x)'
bad_database foreign.db "foreign.db: a database, but not one of kleak-dump" "a database of someone else"
sample_database sample.db
cp sample.db newer.db
sqlite3 newer.db 'PRAGMA user_version = 999'
bad_database newer.db "newer.db: written by a newer kleak-dump (database version 999, this program knows $(
	sqlite3 sample.db 'PRAGMA user_version'))" "a newer version, with both versions"
bad_database $'esc\033[2J.db' 'esc\x1b[2J.db: no such database' "a hostile name"

file -b sample.db 2>/dev/null | grep -q "application id $((0x4b4c4541))"
case $? in
0) ok 0 "file(1) sees the application id" ;;
*) skip "file(1) sees the application id" "no file(1) that knows SQLite" ;;
esac
[ "$(sqlite3 sample.db 'PRAGMA integrity_check; PRAGMA foreign_key_check; PRAGMA journal_mode')" = $'ok\ndelete' ]
ok $? "the file is whole and travels alone"
sqlite3 sample.db "SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND name LIKE 't\_%' ESCAPE '\' AND NOT strict" |
	grep -q 1
ok $((! $?)) "all tables are STRICT"

# Damage in the middle: an error or a correct answer, never a crash.
size=$(stat -c %s sample.db)
for ((at = 100; at < size; at += 1531)); do
	cp sample.db damaged.db
	printf '\377\001\200\377' | dd of=damaged.db bs=1 seek=$at conv=notrunc status=none
	for command in runs "report 1 -v" "report 1 --json" "report 2 --format kmemleak" "diff 1 2" "query SELECT*FROM(groups)"; do
		# shellcheck disable=SC2086
		run $command --db damaged.db
		case $status in 0 | 1 | 2 | 3 | 4) ;; *) break 2 ;; esac
	done
done
[ "$status" -le 4 ]
ok $? "damaged databases never crash it"
head -c $((size / 2)) sample.db >half.db
run report --db half.db 1
status_is 3 "half a database is an error"
one_line_error "of one line"

run runs --db sample.db
status_is 0 "runs lists them"
[ "$(wc -l <out)" -eq 4 ]
ok $? "one line per run and a heading"
run runs --db sample.db --json
json_is '[.runs[] | [.run.run_id, .leaked_objects, .leaked_bytes]]' '[[1,3,96],[2,5,160],[3,1,32]]' "and in JSON"
run report --db sample.db
status_is 4 "the report of a partial run ends with 4"
stdout_has "partial   10 pages are missing" "and says why"
run report --db sample.db --json
status_is 4 "in JSON, too"
json_is '[.schema_version, .run.run_id, (.groups | length), (.findings | length), .run.partial]' '[7,3,1,1,true]' \
	"the JSON report has its parts"
run report --db sample.db 2 --format kmemleak
[ "$(grep -c '^unreferenced object' out)" -eq 5 ] && [ "$status" -eq 0 ]
ok $? "the listing of a run"

run diff --db sample.db 1 2
status_is 1 "diff ends with 1 when something new leaks"
stdout_has "leaky_add+0x20/0x40 [leaky]" "and names the stack whose module is gone"
run diff --db sample.db 1 2 --json
json_is '[.groups[] | select(.change == "new") | .new_objects]' \
	'[["0xffff888000002000","0xffff888000002100","0xffff888000002200"]]' "and the new objects"
json_is '[.groups[] | select(.change == "gone") | .objects_a, .objects_b, .bytes_a, .bytes_b, (.frames | length)]' \
	'[1,0,32,0,4]' "and what is gone"
run diff --db sample.db 2 2
status_is 0 "diff ends with 0 when nothing is new"
run diff --db sample.db 1 3
status_is 4 "with 4 when nothing is new and a side is partial"
run diff --db sample.db 3 1
status_is 1 "with 1 when something is, partial or not"
run diff --db sample.db 1 9
status_is 3 "an unknown run is exit code 3"
run diff --db new.db nothing.vmcore also-nothing
status_is 3 "so is a dump that does not exist"
stderr_has "nothing.vmcore: No such file or directory" "which is named"

# Writing: analyze opens the database before it looks at the dump.
run analyze --db no/such/directory/x.db /dev/null
status_is 3 "a database in no directory is exit code 3"
one_line_error "and one line"
run analyze --db text /dev/null
status_is 3 "analyze does not write into a text file"
run analyze --db foreign.db /dev/null
status_is 3 "nor into the database of someone else"
run analyze --db newer.db /dev/null
status_is 3 "nor into a newer one"
[ "$(sqlite3 foreign.db .tables)" = t ]
ok $? "which stays as it was"

# A full disk: what was being written is taken back, what was there stays. The sample's three runs do not fit.
mkdir full
trap 'umount full 2>/dev/null; rm -rf "$scratch"' EXIT
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=188k tmpfs full 2>/dev/null; then
	"$KLEAK_BUILD/tests/unit/test_report_text" full/x.db >out 2>err
	status=$?
	status_is 1 "a full disk is an error for the writer"
	stdout_has "no space left for the database" "that says so"
	[ ! -e full/x.db ] || { [ "$(sqlite3 full/x.db 'PRAGMA integrity_check')" = ok ] &&
		[ "$(sqlite3 full/x.db 'SELECT count(*) BETWEEN 1 AND 2 FROM t_run')" = 1 ]; }
	ok $? "and leaves no database, or one without the run that did not fit"
	umount full
else
	skip "a full disk" "only root can mount one"
fi
done_testing
