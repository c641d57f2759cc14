#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A database of the first version with runs in it (the tables of that migration, filled row by row with what the sample database
# holds): everything that is printed of its runs is what is printed of the sample, read as it is or brought up to date.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
root=$KLEAK_TESTS/..
sample_database sample.db

# What version 1 did not know.
sqlite3 sample.db "UPDATE t_run SET profiling_state = NULL, profiling_file = NULL, allocinfo_version = NULL, edges = NULL;
	UPDATE t_finding SET found = NULL, needed = NULL, retained_objects = NULL, retained_bytes = NULL, dumps = NULL;
	UPDATE t_group SET direct_bytes = NULL, retained_bytes = NULL"

sqlite3 old.db <"$root/schema/0001_initial.sql"
{
	echo "ATTACH 'sample.db' AS sample; PRAGMA application_id = $((0x4b4c4541)); PRAGMA user_version = 1; BEGIN;"
	sqlite3 old.db "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 't_verdict'" | while read -r table; do
		columns=$(sqlite3 old.db "SELECT group_concat(name, ', ') FROM pragma_table_info('$table')")
		echo "INSERT INTO $table($columns) SELECT $columns FROM sample.$table;"
	done
	echo "COMMIT;"
} >fill.sql
sqlite3 -bail old.db <fill.sql
[ "$(sqlite3 old.db 'SELECT count(*) FROM t_run')" -eq 3 ] && [ "$(sqlite3 old.db 'SELECT count(*) FROM t_finding')" -eq 10 ]
ok $? "a database of version 1 with three runs"
cp old.db before.db

same() { # COMMAND...
	run "$@" --db sample.db
	local expected=$status
	mv out expected
	run "$@" --db "$db"
	[ "$status" -eq "$expected" ] && [ "$status" -ne 3 ] && [ -s expected ] && cmp -s out expected
	ok $? "$how: $*"
}

judge() { # DATABASE HOW
	local number format db=$1 how=$2
	same runs
	same runs --json
	for number in 1 2 3; do
		for format in text json kmemleak; do
			same report "$number" --format "$format"
		done
		same report "$number" -v
	done
	same diff 1 2
	same diff 1 2 --json
	same diff 2 3
	sqlite3 sample.db "SELECT name FROM sqlite_schema WHERE type = 'view'" >views
	while read -r view; do
		[ "$view" = allocations ] || same query "SELECT * FROM $view"
	done <views
	run query --db "$db" "SELECT count(*) AS n FROM allocations"
	stdout_is "n
0" "$how: there were no call sites"
	run report 1 --format allocinfo --db "$db"
	stderr_is "kleak-dump: run 1: there was no /proc/allocinfo: the run was made by a program that did not know allocation profiling" \
		"$how: and no /proc/allocinfo"
	run audit 1 --db "$db"
	stderr_is "kleak-dump: run 1: nothing to audit: it was made by a program that did not know allocation profiling" \
		"$how: nor anything to audit"
}

judge old.db "as it is"
cmp -s old.db before.db
ok $? "reading changes nothing in the file"

# A command that writes brings the file up to date, whatever else it does: here there is no such dump.
run analyze --db old.db nothing.vmcore
status_is 3 "analyze fails for want of a dump"
[ "$(sqlite3 old.db 'PRAGMA user_version; PRAGMA integrity_check; PRAGMA foreign_key_check')" = "$(sqlite3 sample.db 'PRAGMA user_version; PRAGMA integrity_check; PRAGMA foreign_key_check')" ]
ok $? "and has brought the database up to date"
[ "$(sqlite3 old.db .schema | sort)" = "$(sqlite3 sample.db .schema | sort)" ]
ok $? "to the schema of a new one"
judge old.db "brought up to date"

# A file that only claims to be of version 1.
sqlite3 liar.db "CREATE TABLE t_run(id); PRAGMA application_id = $((0x4b4c4541)); PRAGMA user_version = 1"
for command in runs report "query SELECT"; do
	# shellcheck disable=SC2086
	run $command --db liar.db
	status_is 3 "${command%% *}: a file that only claims to be of version 1"
	one_line_error "is an error of one line"
done
head -c $(($(stat -c %s before.db) / 2)) before.db >half.db
run report --db half.db 1
status_is 3 "half an old database is an error"
one_line_error "of one line"
done_testing
