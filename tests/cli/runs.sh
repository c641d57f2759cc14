#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# runs: whose they are, named, taken out, given away; a dump that is analyzed again is not counted twice.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
sample_database sample.db
export XDG_CACHE_HOME=$scratch/cache

counts() { # DATABASE: rows of all tables that belong to runs, and of those that they share
	sqlite3 "$1" "SELECT (SELECT count(*) FROM t_run), (SELECT count(*) FROM t_finding), (SELECT count(*) FROM t_stack),
		(SELECT count(*) FROM t_frame), (SELECT count(*) FROM t_listing)"
}

sqlite3 sample.db "UPDATE t_run SET host = 'db7', uptime_ms = 90061000, command = 'kleak-dump analyze A' WHERE id = 1;
	UPDATE t_run SET host = char(27) || '[2Jevil' WHERE id = 3"
run runs --db sample.db --label "after the fix" 1 latest~1
stdout_is "2 runs labeled" "runs are labeled"
run runs --db sample.db -v
stdout_has "  label    after the fix" "-v says the label"
stdout_has "  host     db7" "and the host"
stdout_has ", up 1 d 1 h" "and how long it was up"
stdout_has "  command  kleak-dump analyze A" "and the command"
stdout_has '  host     \x1b[2Jevil' "escapes in names are harmless"
run runs --db sample.db --json
json_is '[.runs[].run.label]' '["after the fix","after the fix",null]' "JSON has the label"
run runs --db sample.db --label "" 2
run runs --db sample.db --json
json_is '[.runs[].run.label]' '["after the fix",null,null]' "an empty label takes it away"

run runs --db sample.db --export one.db 3 1
stdout_is "2 runs copied to one.db" "runs are copied into another database"
run runs --db sample.db --export one.db 1
stdout_is "0 runs copied to one.db, 1 already there" "once"
run query --db one.db --format csv "SELECT dump, label FROM runs ORDER BY run_id"
[ "$(tail -n +2 out | tr -d '\r')" = "/dumps/C,
/dumps/A,after the fix" ]
ok $? "with all that they had"
run runs --db sample.db --export sample.db 1
status_is 2 "not into itself"
run runs --db sample.db --export none/one.db 1
status_is 3 "nor where nothing is"
one_line_error "which is said"

cp sample.db less.db
run runs --db less.db --delete 2 4
status_is 3 "a run that there is not is not deleted"
stderr_is "kleak-dump: less.db: no run 4" "it is named"
cmp -s sample.db less.db
ok $? "nor are the others"
run runs --db less.db --delete 2 3
stdout_is "2 runs deleted" "runs are deleted"
sample_database fresh.db
[ "$(counts less.db)" = "1|4|3|6|4" ] && [ "$(sqlite3 less.db 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok ]
ok $? "with what only they met ($(counts less.db))"
! grep -q "modprobe" less.db
ok $? "nothing of them is left in the file"
"$kleak" report --db sample.db 1 >expected
run report --db less.db 1
cmp -s out expected
ok $? "and the one that stays says what it said"
run runs --db less.db --delete
status_is 2 "which runs has to be said"
run runs --db less.db --delete --label x 1
status_is 2 "one thing at a time"
run runs --db less.db 1
status_is 2 "a list is of all runs"
run runs --db nothing.db --delete 1
status_is 3 "a database that is not there has no runs"
[ ! -e nothing.db ]
ok $? "and does not come into being"

dump=$(cd "$KLEAK_BUILD/fixtures" && pwd)/precise-6.12-x86_64
if [ -e "$dump.vmcore" ]; then
	analyze() {
		run analyze -q --db again.db --vmlinux "$dump.vmlinux" "$@" "$dump.vmcore"
	}
	analyze
	"$kleak" query --db again.db "SELECT sum(leaked_objects) FROM runs" >once
	analyze --lines
	[ "$(sqlite3 again.db 'SELECT group_concat(id) FROM t_run')" = 1 ]
	ok $? "a dump that is analyzed in the same way again has one run"
	run query --db again.db "SELECT sum(leaked_objects) FROM runs"
	cmp -s out once
	ok $? "sums do not double"
	analyze --min-age 0
	analyze --policy kernel
	[ "$(sqlite3 again.db 'SELECT group_concat(id) FROM t_run')" = 1,2,3 ]
	ok $? "in another way, it has one more"
	analyze --again --label second
	[ "$(sqlite3 again.db 'SELECT group_concat(id) FROM t_run')" = 1,2,3,4 ]
	ok $? "--again makes a second one"
	analyze
	[ "$(sqlite3 again.db 'SELECT group_concat(id || coalesce(label, "")) FROM t_run')" = 1,2,3,4 ]
	ok $? "the newest is the one that is made anew"
	[ "$(sqlite3 again.db 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok ]
	ok $? "and the database is sound"
else
	skip "analyzed again" "no mini kernel"
fi
done_testing
