#!/bin/bash
# What a stranger can lay beside, or into, a database: reading never writes, and nothing outside is touched.
. "$(dirname "$0")/lib.sh"
export XDG_CACHE_HOME=$scratch/cache
sample_database sample.db
pages=$(sqlite3 sample.db 'PRAGMA page_count')
page_size=$(sqlite3 sample.db 'PRAGMA page_size')

be32() { # NUMBER: four bytes, most significant first
	# shellcheck disable=SC2059
	printf "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255)))"
}

# A hot journal that changes nothing and names the file $1 as its super-journal (SQLite's file format, section 3).
super_journal() { # VICTIM
	local sum=0 i magic='\xd9\xd5\x05\xf9\x20\xa1\x63\xd7'
	for ((i = 0; i < ${#1}; i++)); do
		sum=$((sum + $(printf '%d' "'${1:i:1}")))
	done
	# shellcheck disable=SC2059
	{
		printf "$magic"
		be32 0; be32 0; be32 "$pages"; be32 512; be32 "$page_size"
		head -c $((512 - 28)) /dev/zero
		be32 $((0x40000000 / page_size + 1))
		printf '%s' "$1"
		be32 ${#1}; be32 $sum
		printf "$magic"
	}
}

state() { # every file of the directory work, and what is in it
	(cd work && find . -type f -exec sha256sum {} + -o -printf '%y %p %l\n' | sort)
}

fresh() {
	rm -rf work
	mkdir work
	cp sample.db work/kleak.db
}

fresh
echo precious >work/victim
super_journal "$scratch/work/victim" >work/kleak.db-journal
state >before
for command in runs "report 1" "report 1 --json" "query SELECT(1)" "diff 1 2" "audit" "why ffff888000001000"; do
	# shellcheck disable=SC2086
	run $command --db work/kleak.db
	state | cmp -s - before && [ "$status" -eq 3 ] && grep -q 'names a super-journal' err
	ok $? "${command%% *}: a journal that names any file is refused, and nothing is changed"
done
run analyze --db work/kleak.db /dev/null
state | cmp -s - before && [ "$status" -eq 3 ] && grep -q 'names a super-journal' err
ok $? "analyze refuses it, too"

# What a killed writer leaves. It is undone for the reader, in a copy of which nothing stays.
fresh
cat >killed.sql <<'SQL'
PRAGMA cache_size = 1;
BEGIN;
CREATE TABLE half_written AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
	SELECT randomblob(4000) FROM n;
.shell kill -9 $PPID
SQL
{ sqlite3 work/kleak.db <killed.sql; } >/dev/null 2>&1
[ -s work/kleak.db-journal ]
ok $? "a writer was killed and left its journal"
state >before
run query --db work/kleak.db --format csv "SELECT (SELECT count(*) FROM runs), count(*) FROM sqlite_schema WHERE name = 'half_written'"
[ "$(tail -n 1 out | tr -d '\r')" = 3,0 ]
ok $? "the reader sees what was there before"
state | cmp -s - before && [ -z "$(find "$XDG_CACHE_HOME" -name 'rollback.*')" ]
ok $? "and changes neither the database, nor the journal, nor its own cache"
chmod 555 work
run runs --db work/kleak.db
status_is 0 "also in a directory that cannot be written"
chmod 755 work
run analyze --db work/kleak.db /dev/null
[ ! -e work/kleak.db-journal ] && [ "$(sqlite3 work/kleak.db "SELECT count(*) FROM sqlite_schema WHERE name = 'half_written'")" = 0 ]
ok $? "the next writer plays it back"

# The journal of a writer that is at work is none of the reader's business.
fresh
mkfifo go
(echo "BEGIN IMMEDIATE; DELETE FROM t_anomaly;"; cat go) | sqlite3 work/kleak.db &
exec 3>go
until [ -e work/kleak.db-journal ]; do sleep 0.01; done
run runs --db work/kleak.db
status_is 0 "a writer at work does not keep anyone from reading"
exec 3>&-
wait

fresh
sqlite3 work/kleak.db 'PRAGMA journal_mode = wal' >/dev/null
state >before
run runs --db work/kleak.db
status_is 3 "a database in WAL mode is refused"
stderr_has "WAL mode" "with its reason"
state | cmp -s - before
ok $? "and nothing is made beside it"

fresh
: >work/kleak.db
echo stale >work/kleak.db-journal
state >before
run runs --db work/kleak.db
state | cmp -s - before
ok $? "a journal beside an empty file is not deleted by who only reads"

# A view in the place of a table has rows without end.
endless='WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)'
for table in t_run T_FRAME; do
	fresh
	sqlite3 work/kleak.db "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON;
		ALTER TABLE $table RENAME TO kept; CREATE VIEW $table AS $endless SELECT k.* FROM n, kept k"
	for command in "runs" "report 1" "merge new.db"; do
		database="--db work/kleak.db"
		[ "$command" != "merge new.db" ] || database=work/kleak.db
		# shellcheck disable=SC2086
		timeout 20 "$kleak" $command $database >out 2>err </dev/null
		status=$?
		status_is 3 "$command: a view that calls itself $table is not read"
		grep -q "what must be a table is none" out err
		ok $? "which is said"
	done
	rm -f new.db
done

fresh
ln -s "$scratch/sample.db" work/link.db
run runs --db work/link.db
status_is 3 "a link is not followed"
stderr_is "kleak-dump: work/link.db: a symbolic link, which is not followed" "which is said"
run analyze --db work/link.db /dev/null
status_is 3 "nor by who writes"
ln -s work other
run runs --db other/kleak.db
status_is 0 "directories may be links"
cp sample.db :memory:
run runs --db :memory:
status_is 0 "a file may have a name that SQLite takes for something else"
done_testing
