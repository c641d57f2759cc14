#!/bin/bash
# query: formats, and that it can only read.
. "$(dirname "$0")/lib.sh"
export KLEAK_DB=sample.db
sample_database sample.db
cp sample.db before.db

run query 'SELECT run_id, dump, partial FROM runs ORDER BY 1'
status_is 0 "a SELECT works"
stdout_is 'run_id  dump      partial
     1  /dumps/A        0
     2  /dumps/B        0
     3  /dumps/C        1' "the table is aligned, numbers to the right"

run query --format json "SELECT 1 AS i, 2.5 AS r, 'x' AS t, NULL AS n, x'00ff' AS b, char(27) || '\"' AS e"
json_is . '[{"i":1,"r":2.5,"t":"x","n":null,"b":"x'"'"'00ff'"'"'","e":"\u001b\""}]' "JSON keeps types and escapes"
run query --json 'SELECT 1 WHERE 0'
stdout_is '[]' "no rows are an empty array"
run query --format csv "SELECT 'a,b' AS \"x\"\"y\", 'q\"q' AS q, char(10) AS n, NULL AS z, 7 AS i"
printf '"x""y",q,n,z,i\r\n"a,b","q""q","\n",,7\r\n' >expected
cmp -s out expected
ok $? "CSV as in RFC 4180"
run query "SELECT char(27) || '[2J' AS e"
stdout_has '\x1b[2J' "nothing reaches the terminal raw"
! grep -q $'\033' out
ok $? "really"

for view in runs findings groups stacks frames totals anomalies measurements; do
	run query --format json "SELECT * FROM $view"
	[ "$status" -eq 0 ] && [ "$(jq length out)" -gt 0 ]
	ok $? "the view $view has rows"
done
run query --format json 'SELECT address, size, class, verdict, reason, head, comm, pid, jiffies, age_ms, stack_hash,
	top_frame, checksum_state FROM findings WHERE run_id = 1 ORDER BY seq LIMIT 1'
json_is . '[{"address":"0xffff888000001000","size":32,"class":"virtual","verdict":"leak","reason":"no reference found","head":null,"comm":"insmod","pid":440,"jiffies":4294892000,"age_ms":12000,"stack_hash":"'"$(jq -r '.[0].stack_hash' out)"'","top_frame":"leaky_probe+0x10/0x40 [leaky]","checksum_state":"unmodified"}]' \
	"findings has the promised columns"
jq -e '.[0].stack_hash | test("^[0-9a-f]{16}$")' out >/dev/null
ok $? "a stack hash is 16 hexadecimal digits"
run query --format json 'SELECT count(DISTINCT stack_hash) AS n FROM groups WHERE run_id IN (1, 3) AND verdict = '"'leak'"
json_is '.[0].n' 2 "the stack of one leak has one hash in two builds"

# Every view that the database has is named by the help and documented, with every column.
"$kleak" help query | tr -s ' \n' ' ' >words
sqlite3 sample.db "SELECT name FROM sqlite_schema WHERE type = 'view'" >views
[ "$(wc -l <views)" -ge 9 ]
ok $? "there are views"
while read -r view; do
	grep -qw -- "$view" words
	ok $? "the help names the view $view"
	sed -n "/^## .*\b$view\b/,/^## /p" "$KLEAK_TESTS/../docs/schema.md" >section
	sqlite3 sample.db "SELECT name FROM pragma_table_info('$view')" | while read -r column; do
		grep -qF "\`$column\`" section || echo "$column"
	done >out
	[ -s section ] && [ ! -s out ]
	ok $? "docs/schema.md has all columns of $view"
done <views

# The examples of the documentation, with the columns they name: all run.
examples=0
# shellcheck disable=SC2016
while IFS= read -r -d ';' sql; do
	examples=$((examples + 1))
	run query -- "$sql"
	status_is 0 "docs/schema.md, example $examples"
done < <(sed -n '/^```sql$/,/^```$/{/^```/!p}' "$KLEAK_TESTS/../docs/schema.md")
[ "$examples" -ge 7 ]
ok $? "every view has its example"

refused() { # NAME SQL
	run query "$2"
	[ "$status" -eq 2 ] && [ "$(wc -l <err)" -eq 1 ] && [ ! -s out ]
	ok $? "refused: $1"
}
refused INSERT "INSERT INTO t_verdict VALUES (1, 'x', 0)"
refused UPDATE "UPDATE t_run SET policy = 'x'"
refused DELETE "DELETE FROM t_finding"
refused DROP "DROP TABLE t_run"
refused CREATE "CREATE TABLE x(y)"
refused "CREATE TEMP" "CREATE TEMP TABLE x(y)"
refused ATTACH "ATTACH 'other.db' AS o"
refused PRAGMA "PRAGMA user_version"
refused "PRAGMA as a table" "SELECT * FROM pragma_table_info('t_run')"
refused VACUUM "VACUUM INTO 'copy.db'"
refused BEGIN "BEGIN"
refused REINDEX "REINDEX"
refused load_extension "SELECT load_extension('x')"
refused "fts3_tokenizer, which gives and takes addresses" "SELECT fts3_tokenizer('simple')"
refused "fts3_tokenizer with an address" "SELECT fts3_tokenizer('x', x'4141414141414141')"
refused "a virtual table" "SELECT * FROM dbstat"
refused "pages as a table" "SELECT * FROM sqlite_dbpage"
refused "tokens as a table" "SELECT * FROM fts3tokenize('simple', 'a b')"
refused "CREATE VIRTUAL TABLE" "CREATE VIRTUAL TABLE x USING fts5(y)"
refused "CREATE TEMP VIEW" "CREATE TEMP VIEW x AS SELECT 1"
refused "CREATE TRIGGER" "CREATE TRIGGER x AFTER INSERT ON t_run BEGIN SELECT 1; END"
refused ALTER "ALTER TABLE t_run RENAME TO x"
refused ANALYZE "ANALYZE"
refused DETACH "DETACH main"
refused SAVEPOINT "SAVEPOINT x"
refused "a file read by a function" "SELECT readfile('/etc/passwd')"
refused "a file written by a function" "SELECT writefile('copy.db', 'x')"
refused "a pattern with a thousand wildcards" "SELECT 'aaaa' GLOB '$(printf '*a%.0s' {1..500})'"
refused "two statements" "SELECT 1; SELECT 2"
refused "a second statement that is wrong" "SELECT 1; nonsense"
refused "no statement" " -- only a comment"
refused "wrong SQL" "SELEKT"
refused "an unknown table" "SELECT * FROM nonsense"
run query "SELECT 1 AS one; -- done"
status_is 0 "a semicolon and a comment behind the statement are fine"
run query --format xml 'SELECT 1'
status_is 2 "an unknown format is a usage error"
run query
status_is 2 "SQL is needed"
[ ! -e copy.db ] && [ ! -e other.db ] && cmp -s sample.db before.db
ok $? "nothing was written"

# Formats: NULL is not an empty text.
values="SELECT 1 AS i, NULL AS n, '' AS e, 'a|b<' || char(9, 10) || '\\x' AS t"
run query "$values"
stdout_is 'i  n     e  t
1  NULL     a|b<\x09\x0a\\x' "the table shows NULL"
run query --format list "$values UNION ALL SELECT 2, 'n', NULL, 't'"
sed -i 's/ $//' out
stdout_is 'i = 1
n = NULL
e =
t = a|b<\x09\x0a\\x

i = 2
n = n
e = NULL
t = t' "a list has a line per value"
run query --format csv "$values"
printf 'i,n,e,t\r\n1,,"","a|b<\t\n\\x"\r\n' >expected
cmp -s out expected
ok $? "CSV quotes an empty text, and has nothing for NULL"
run query --format tsv "$values"
printf 'i\tn\te\tt\n1\t\\N\t\ta|b<\\t\\n\\\\x\n' >expected
cmp -s out expected
ok $? "TSV as PostgreSQL reads it"
run query --format ndjson "$values UNION ALL SELECT 2, 'n', NULL, 't'"
[ "$(wc -l <out)" -eq 2 ] && [ "$(jq -c . out)" = '{"i":1,"n":null,"e":"","t":"a|b<\t\n\\x"}
{"i":2,"n":"n","e":null,"t":"t"}' ]
ok $? "an object of JSON per line"
run query --format markdown "SELECT 'a|b' AS [x|y], '<img>' AS h, '*_\`[' AS m, char(10) AS n, NULL AS z"
stdout_is '| x\|y | h | m | n | z |
|---|---|---|---|---|
| a\|b | &lt;img> | \*\_\`\[ | \\x0a | NULL |' "Markdown is harmless"
run query --json --format csv "SELECT 1"
status_is 2 "--json and another format contradict each other"

# Where the SQL comes from.
echo "-- how many
SELECT count(*) AS runs FROM runs" >runs.sql
run query --file runs.sql
stdout_is 'runs
   3' "from a file"
"$kleak" query - <runs.sql >out 2>err
stdout_is 'runs
   3' "from standard input"
run query --file runs.sql "SELECT 1"
status_is 2 "not from two places"
run query --file nothing.sql
status_is 3 "a file that is not there"
printf 'SELECT\0 1' >binary.sql
run query --file binary.sql
status_is 2 "a file that is no text"
run query --format csv --param run=2 --param 'hash=0123456789012345' --param "text=it's" \
	'SELECT typeof(:run), typeof($hash), @text, :run + 1'
[ "$(tail -n 1 out | tr -d '\r')" = "integer,text,it's,3" ]
ok $? "parameters are integers, or texts as hashes are"
run query 'SELECT :run'
stderr_is 'kleak-dump: SQL: the parameter :run has no value (--param NAME=VALUE)' "a parameter without a value"
run query --param other=1 'SELECT 1'
status_is 2 "a value without a parameter"
run query --param other 'SELECT :other'
status_is 2 "no value at all"

run query --list
cp out names
[ "$(wc -l <names)" -ge 5 ]
ok $? "queries are shipped"
while read -r name _; do
	parameter=()
	[ "$name" != history ] || parameter=(--param hash=0)
	run query "$name" "${parameter[@]}"
	[ "$status" -eq 0 ] && [ -s out ]
	ok $? "query $name runs"
done <names
run query --format csv top-stacks
[ "$(sed -n 2p out | cut -d, -f2-4)" = '"leaky_add+0x20/0x40 [leaky]",1,3' ] || [ "$(wc -l <out)" -ge 3 ]
ok $? "top-stacks tells who leaks"
run query --format csv --schema
[ "$(tail -n +2 out | cut -d, -f1 | sort)" = "$(sqlite3 sample.db "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY 1")" ]
ok $? "--schema names the views"
run query --format csv --schema totals
[ "$(tr -d '\r' <out)" = "$(echo column; sqlite3 sample.db "SELECT name FROM pragma_table_info('totals')")" ]
ok $? "and the columns of one"

# Another database beside it.
cp sample.db other.db
sqlite3 other.db "DELETE FROM t_listing WHERE run_id = 3; DELETE FROM t_finding; DELETE FROM t_anomaly"
run query --format csv --attach other=other.db "SELECT (SELECT count(*) FROM findings), (SELECT count(*) FROM other.findings), count(*)
	FROM runs r JOIN other.runs o USING (dump)"
[ "$(tail -n 1 out | tr -d '\r')" = 10,0,3 ]
ok $? "a join over two databases"
sqlite3 old.db <"$KLEAK_TESTS/../schema/0001_initial.sql"
sqlite3 old.db "PRAGMA application_id = $((0x4b4c4541)); PRAGMA user_version = 1"
cp old.db old.before
run query --attach old=old.db "SELECT count(*) AS n FROM old.allocations"
stdout_is 'n
0' "an older one is brought up to date in memory"
run query --db old.db --attach new=sample.db "SELECT count(*) AS n FROM new.runs"
stdout_is 'n
3' "as is one that others are attached to"
cmp -s old.db old.before
ok $? "and stays as it is"
echo nonsense >text.db
for bad in text=text.db link=link.db none=none.db main=other.db 'a b=other.db' other.db; do
	ln -sf other.db link.db
	run query --attach "$bad" "SELECT 1"
	[ "$status" -ge 2 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ]
	ok $? "not attached: $bad"
done
run query --attach other=other.db "INSERT INTO other.t_verdict VALUES (1, 'x', 0)"
status_is 2 "nor is an attached one written"
run query --attach other=other.db "ATTACH 'x.db' AS x"
status_is 2 "and SQL attaches nothing"
rm -f other.db old.db old.before text.db link.db

chmod 444 sample.db
run query 'SELECT count(*) FROM runs'
status_is 0 "a read-only file can be read"

# An endless query ends with the signal, as does the process.
"$kleak" query 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n' >out 2>err &
pid=$!
sleep 0.3
kill -TERM $pid
wait $pid
status=$?
status_is 143 "SIGTERM ends a query with 128 + 15"
one_line_error "and one line"

# json_each and its like are pure.
run query --json "SELECT j.value AS v, t.path AS p FROM json_each('[7]') j, json_tree('{\"a\":{}}') t LIMIT 1"
json_is . '[{"v":7,"p":"$"}]' "the table-valued functions of JSON work"
run query --json 'SELECT count(*) > 0 AS n FROM runs r, json_each(json_array(r.run_id))'
json_is '.[0].n' 1 "also on columns of the database"

# Bombs: whatever the query is at, it ends within a second or two of the signal.
stops() { # SQL NAME
	local begun
	"$kleak" query "$1" >out 2>err &
	pid=$!
	sleep 1
	begun=$(date +%s%N)
	kill -INT $pid 2>/dev/null
	wait $pid
	status=$?
	[ $(($(date +%s%N) - begun)) -lt 2500000000 ] && { [ $status -eq 130 ] || [ $status -le 2 ]; }
	ok $? "stops: $2"
}
endless='WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)'
long="replace(hex(zeroblob(30000000)), '0', 'a')"
stops "$endless SELECT i FROM n" "rows without end"
stops "SELECT replace($long, 'a', 'ab') LIKE '%a%a%a%a%a%a%a%c'" "a pattern that fits nowhere"
stops "$endless SELECT $long AS x FROM n LIMIT 1000" "large values"
run query "SELECT zeroblob(100000000)"
status_is 2 "a value that is too large is refused"
run query --timeout 1 "$endless SELECT count(*) FROM n"
status_is 3 "--timeout ends a query"
stderr_is "kleak-dump: the query takes longer than --timeout allows" "and says so"
run query --max-rows 3 --json "$endless SELECT i FROM n"
status_is 4 "--max-rows: more rows is exit code 4"
json_is 'map(.i)' '[1,2,3]' "after that many"
run query --max-rows 3 'SELECT run_id FROM runs'
status_is 0 "exactly as many is 0"
run query --max-rows 0 'SELECT 1'
status_is 2 "no rows at all is not what anyone wants"

# Terminals get no control bytes, spreadsheets no formulas.
if command -v script >/dev/null; then
	script -qec "$kleak query --format csv \"SELECT char(27) || '[2J' AS e, 'a' || char(10) || 'b' AS n\"" /dev/null >out 2>err </dev/null
	grep -qF '\x1b[2J,a\x0ab' out && ! grep -q $'\033' out
	ok $? "CSV on a terminal has its control bytes escaped"
else
	skip "CSV on a terminal" "no script(1)"
fi
run query --csv-safe "SELECT '=cmd|'' /C calc''!A0' AS a, '+1' AS b, '-1' AS c, '@x' AS d, char(9) || '=x' AS e, -5 AS f, 'fine' AS g"
printf "a,b,c,d,e,f,g\r\n'=cmd|' /C calc'!A0,'+1,'-1,'@x,'\t=x,-5,fine\r\n" >expected
cmp -s out expected
ok $? "--csv-safe takes the sting out of formulas, and leaves numbers alone"

# More rows than are kept for the widths.
run query 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i, i * i AS s FROM n'
[ "$(wc -l <out)" -eq 5001 ] && [ "$(tail -n 1 out | tr -s ' ' | sed 's/^ //')" = "5000 25000000" ]
ok $? "long tables are complete"
done_testing
