#!/bin/bash
# Every command that reads what came from others is confined: at its end, what is forbidden is tried from within.
. "$(dirname "$0")/lib.sh"
fixtures=$KLEAK_BUILD/fixtures
export XDG_CACHE_HOME=$scratch/cache
unset KLEAK_DEBUG_PATH
vmlinux=$fixtures/6.12-x86_64.vmlinux
vmcore=$fixtures/6.12-x86_64.vmcore
shim=$KLEAK_BUILD/tests/forbidden.so

run --version
stdout_has "sandbox: no new privileges" "--version says what is on"
run --version --json
features=$(jq -r '.sandbox | "\(.no_new_privs) \(.seccomp) \(.landlock > 0)"' out)
if [ ! -e "$shim" ]; then
	skip "the sandbox from within" "a sanitizer does not like to be preloaded upon"
	done_testing
fi
allowed=tried
case $features in
"true true "*) ;;
*) allowed+=" exec socket peek" ;;
esac
[[ $features == *"true" ]] || allowed+=" write"
mkdir work elsewhere
sample_database work/kleak.db

tries() { # EXPECTED NAME ARGUMENT...: what succeeds of that which is forbidden
	local expected=$1 name=$2
	shift 2
	echo "$1" >>confined
	rm -f elsewhere/file
	LD_PRELOAD=$shim FORBIDDEN_FILE=elsewhere/file "$kleak" "$@" >out 2>err </dev/null 9>tried
	status=$?
	[ "$(sort tried | xargs)" = "$(echo "$expected" | xargs -n 1 | sort | xargs)" ]
	ok $? "$name"
}
confined() { tries "$allowed" "$@"; }

tries "tried exec socket write peek" "without the sandbox all of it is possible" query --no-sandbox --db work/kleak.db "SELECT 1"
confined query query --db work/kleak.db "SELECT 1"
confined runs runs --db work/kleak.db
confined history history --db work/kleak.db 177b21e7d0dbf497
status_is 0 "history still has its answer"
confined "runs --export" runs --db work/kleak.db --export work/one.db 1
[ -s work/one.db ]
ok $? "runs still copies"
confined report report --db work/kleak.db 1
confined diff diff --db work/kleak.db 1 2
confined symbolize symbolize --db work/kleak.db 1
confined tree tree --db work/kleak.db ffff888000001000
confined audit audit --db work/kleak.db
confined analyze analyze --db work/new.db --vmlinux "$vmlinux" "$vmcore"
status_is 0 "which does its work there"
[ -s work/new.db ] && [ -n "$(ls "$XDG_CACHE_HOME/kleak-dump")" ]
ok $? "into the directories of the database and of the cache"
leak=$("$kleak" query --db work/new.db --format csv "SELECT address FROM findings WHERE verdict = 'leak' LIMIT 1" | sed -n '2s/\r//p')
for command in why refs show; do
	confined "$command" $command --db work/new.db "$leak"
	status_is 0 "$command still has its answer"
	confined "$command of a dump" $command --dump "$vmcore" --vmlinux "$vmlinux" "$leak"
done
confined doctor doctor --vmlinux "$vmlinux" "$vmcore"
status_is 0 "doctor still has its answer"
confined plugins plugins
status_is 0 "plugins still has its answer"
confined merge merge work/merged.db work/kleak.db
[ -s work/merged.db ]
ok $? "merge still merges"
for format in kmemleak allocinfo markdown html folded speedscope json ndjson; do
	confined "report --format $format" report --db work/kleak.db 1 --format $format
	case $format in kmemleak | allocinfo) continue ;; esac # of one run only
	confined "diff --format $format" diff --db work/kleak.db 1 2 --format $format
done
confined "diff of dumps" diff --db work/other.db --vmlinux "$vmlinux" "$vmcore" "$vmcore"
confined "a dump that is none" analyze --db work/new.db "$0"
confined "a database that is none" runs --db "$0"
printf '[known]\nframe = *alloc*\n' >rules
confined "analyze with rules" analyze --db work/new.db --vmlinux "$vmlinux" --suppressions rules "$vmcore"

# Whoever adds a command that parses what others made adds it here.
run help
sed -n 's/^  \([a-z]\+\)  .*/\1/p' out >commands
while read -r command; do
	[ "$command" = help ] || grep -qxF "$command" confined
	ok $? "$command is among what is confined"
done <commands

# What SQLite sorts and cannot hold in memory needs a file, too.
run query --db work/kleak.db "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
	SELECT length(x) FROM (SELECT i, hex(randomblob(500)) AS x FROM n ORDER BY x) LIMIT 1"
status_is 0 "a large sort finds its room"
done_testing
