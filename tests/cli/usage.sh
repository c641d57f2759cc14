#!/bin/bash
# Help, options, exit codes, where output goes.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

run
status_is 2 "no command is a usage error"
one_line_error "and one line"
run nonsense
status_is 2 "an unknown command is a usage error"
stderr_is 'kleak-dump: no command "nonsense"; `kleak-dump help` lists them' "that names it"
run $'bad\033[2J'
stderr_is 'kleak-dump: no command "bad\x1b[2J"; `kleak-dump help` lists them' "and does not reach the terminal raw"

run help
status_is 0 "help works"
cp out help
for command in analyze report audit diff runs query merge help; do
	grep -q "^  $command " help
	ok $? "help lists $command"
	"$kleak" help "$command" >"$command.help" 2>err
	grep -q "^usage: kleak-dump $command" "$command.help"
	ok $? "help $command explains it"
	run "$command" --help
	cmp -s out "$command.help" && [ "$status" -eq 0 ] && [ ! -s err ]
	ok $? "$command --help says the same"
	run "$command" --nonsense
	status_is 2 "$command refuses an unknown option"
	one_line_error "$command --nonsense is one line"
done
run help nonsense
status_is 2 "help of an unknown command is a usage error"
run --help
stdout_has "usage: kleak-dump COMMAND" "--help lists the commands"
LC_ALL=C awk 'length > 120' help ./*.help | grep -q .
ok $((! $?)) "help fits 120 columns"

run --version
status_is 0 "--version works"
stdout_has "libkdumpfile " "and names libkdumpfile"
stdout_has "libdwarf " "libdwarf"
stdout_has "libelf " "libelf"
stdout_has "SQLite 3." "SQLite"
stdout_has "dump compressions: " "and what dumps may be compressed with"
run --json --version
json_is '.libraries.SQLite | test("^3")' true "--version in JSON"

sample_database sample.db
run report --db
status_is 2 "an option without its argument is a usage error"
stderr_has "--db needs an argument" "and named"
run report --db sample.db -x
stderr_has "option -x is unknown" "an unknown letter is named"
run report --db sample.db --json=yes
stderr_has "takes no argument" "an argument too many is named"
run report --db sample.db --color=sometimes
status_is 2 "--color is checked"
run analyze --db none.db --sweep min-age="$(seq -s, 16)" --sweep min-unref-scans="$(seq -s, 16)" \
	--sweep stacks=live,full,none --sweep types=yes,no --sweep interior=yes,no --sweep registers=yes,no dump
status_is 2 "a sweep of more combinations than can be meant is refused"
stderr_has "6144 combinations are too many" "before the dump is looked at"
refused() { # MESSAGE ARGUMENT...: a setting that cannot be is named as its option
	local message=$1
	shift
	run analyze --db none.db "$@" dump
	status_is 2 "analyze $*"
	stderr_is "kleak-dump: $message" "and says why"
}
refused "--stacks: 'all' is not live, full or none" --stacks all
refused "--min-age: '5s' is not a number of seconds" --min-age 5s
refused "--interior: 'maybe' is not yes or no" --interior maybe
refused "--precise: there is no refinement 'live'" --precise=+types,-live
refused "--root: '1' is not ADDRESS,LENGTH (address in hexadecimal)" --root 1
refused "--sweep: stacks: 'all' is not live, full or none" --sweep stacks=live,all
refused "--sweep: there is no setting 'colour'" --sweep colour=red
refused "--sweep: 'stacks' is not NAME=VALUE,VALUE..." --sweep stacks
refused "the kernel policy takes no settings but stacks=none and more roots" --policy kernel --precise=-mask-vmap
run report --db sample.db x
status_is 3 "a run is a number, or a dump that has one"
run report --db sample.db 0
status_is 2 "and positive"
run report --db sample.db 99999999999999999999
status_is 2 "and not beyond all bounds"
run report --db sample.db 1 2
status_is 2 "report takes one run"
run runs --db sample.db x
status_is 2 "runs takes no argument"
run diff --db sample.db 1
status_is 2 "diff takes two"

run --db sample.db runs
status_is 0 "common options may stand before the command"
run runs --db sample.db
grep -q '/dumps/A' out
ok $? "and behind"
KLEAK_DB=sample.db run runs
status_is 0 "\$KLEAK_DB names the database"
cp sample.db kleak.db
run runs
status_is 0 "kleak.db is the default"
KLEAK_DB='' run runs
status_is 0 "also when \$KLEAK_DB is empty"

run report --color=always 1
grep -q $'\033\[' out
ok $? "--color=always colors a file"
TERM=xterm run report 1
grep -q $'\033' out
ok $((! $?)) "a file gets no color by itself"
[ ! -s err ]
ok $? "and stderr no progress"

if [ -w /dev/full ]; then
	"$kleak" report 1 >/dev/full 2>err
	status=$?
	status_is 3 "a full disk behind stdout is an error"
	stderr_has "standard output: No space left on device" "that says so"
	"$kleak" query --format csv 'SELECT 1' >/dev/full 2>err
	status=$?
	status_is 3 "for little output, too"
else
	skip "a full disk behind stdout" "no /dev/full"
fi
"$kleak" report 1 >&- 2>err
status=$?
status_is 3 "a closed stdout is an error"
cmp -s kleak.db sample.db
ok $? "and the database is not written over"
# A closed descriptor is occupied: no file that is opened later can take its place and be written over.
"$kleak" query 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n' >&- 2>&- &
pid=$!
sleep 0.3
[ "$(readlink /proc/$pid/fd/1)$(readlink /proc/$pid/fd/2)" = /dev/null/dev/null ]
ok $? "closed descriptors are not reused"
kill -TERM $pid
wait $pid
[ $? -eq 143 ]
ok $? "and a signal is exit code 143 also without stderr"
# The shell gives 128 + 13 for a process that SIGPIPE ended.
(
	"$kleak" query "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i FROM n" 2>err
	echo $? >code
) | head -n 1 >out
[ "$(cat code)" -eq 141 ] && [ ! -s err ]
ok $? "a closed pipe ends it quietly"

run report --json 99
status_is 3 "an unknown run is exit code 3"
json_is .error '"kleak.db: no run 99"' "in JSON mode the error is JSON on stdout"
one_line_error "and one line on stderr"
run report --nonsense --json
json_is .error '"option --nonsense is unknown or ambiguous"' "wrong options are reported so, too"
run query --json 'SELECT nonsense'
json_is .error '"SQL: no such column: nonsense"' "for query, too"
done_testing
