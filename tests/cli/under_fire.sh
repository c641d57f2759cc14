#!/bin/bash
# Faults that are met: damaged rows, databases in use, analyses that fail, files of another build. What is wrong is said,
# and nothing is invented, lost or left behind.
. "$(dirname "$0")/lib.sh"
fixtures=$KLEAK_BUILD/fixtures
export XDG_CACHE_HOME=$scratch/cache
unset KLEAK_DEBUG_PATH
vmlinux=$fixtures/6.12-x86_64.vmlinux
vmcore=$fixtures/6.12-x86_64.vmcore
sample_database sample.db

# One damaged group: a stack whose frames are no JSON.
cp sample.db frames.db
sqlite3 frames.db "UPDATE t_stack SET frames = '[1,' WHERE id = (SELECT stack_id FROM t_group WHERE run_id = 1 LIMIT 1)"
for command in "report 1" "diff 1 2" "why ffff888000001000"; do
	# shellcheck disable=SC2086
	run $command --db frames.db --json
	jq -s -e 'length == 1 and (.[0] | has("error") or .schema_version)' out >/dev/null
	ok $? "${command%% *} --json: an error in the middle leaves one valid document"
done
run report 1 --db frames.db --json
[ "$status" -eq 3 ] && [ "$(jq -c keys out)" = '["error"]' ]
ok $? "which is the error, with exit code 3"
run query --db frames.db --json "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9)
	SELECT i, json(CASE i WHEN 5 THEN '{' ELSE '{}' END) AS j FROM n"
[ "$status" -eq 3 ] || [ "$status" -eq 2 ]
ok $? "a query that fails has an exit code that says so"
jq -e 'type == "array" and (.[-1] | has("error")) and length == 5' out >/dev/null
ok $? "and ends its array with the error, after the rows that were read"

cp sample.db verdicts.db
sqlite3 verdicts.db "UPDATE t_group SET verdicts = '{' WHERE run_id = 2"
run runs --db verdicts.db
status_is 3 "a damaged run makes runs end with 3"
[ "$(grep -cE '^ +[13] .*/dumps/[AC]$' out)" -eq 2 ] && grep -qE '^ +2 .*damaged .*malformed JSON' out
ok $? "but all runs are listed, the damaged one as such"
run runs --db verdicts.db --json
json_is '[.runs[] | .run.run_id // .run_id, has("error")]' '[1,false,2,true,3,false]' "and in JSON"

# A failed analysis leaves nothing.
echo hello >hello.txt
run analyze hello.txt
[ "$status" -eq 3 ] && [ "$(find . -name '*.db*' -newer hello.txt)" = "" ] && [ ! -e kleak.db ]
ok $? "analyze hello.txt creates nothing"
run analyze --vmlinux "$fixtures/6.6-x86_64.vmlinux" "$vmcore"
[ "$status" -eq 3 ] && [ ! -e kleak.db ]
ok $? "nor does an analysis with the wrong vmlinux"
run diff hello.txt hello.txt
[ "$status" -eq 3 ] && [ ! -e kleak.db ]
ok $? "nor a diff of what is no dump"
run analyze --db no/such/kleak.db "$vmcore"
stderr_is "kleak-dump: no/such/kleak.db: No such file or directory" "where nothing can be created is known at once"

# Somebody reads for longer than anyone wants to wait.
run analyze --db used.db --vmlinux "$vmlinux" "$vmcore"
status_is 0 "a run in a new database"
mkfifo reading
(echo "BEGIN; SELECT count(*) FROM t_run;"; cat reading) | sqlite3 used.db >seen &
exec 3>reading
until [ -s seen ]; do sleep 0.01; done
run analyze --wait 1 --db used.db --vmlinux "$vmlinux" "$vmcore"
status_is 3 "a reader that does not let go: exit code 3"
stderr_has "the run was stored in used.db.1 instead: \`kleak-dump merge used.db used.db.1\` adds it" "and where the run is"
advice=$(sed -n 's/.*`kleak-dump \(merge [^`]*\)` adds it.*/\1/p' err)
one_line_error "in one line"
run report --db used.db.1 --json
json_is '.run.dump | endswith("6.12-x86_64.vmcore")' true "it is there"
(sleep 2; echo "ROLLBACK;" >&3) &
run analyze --again --wait 100 --db used.db --vmlinux "$vmlinux" "$vmcore"
status_is 0 "one that lets go in time is waited for"
exec 3>&-
wait
[ "$(sqlite3 used.db 'SELECT count(*) FROM runs')" = 2 ]
ok $? "and the run is where it belongs"
# shellcheck disable=SC2086 # as a shell takes it
run $advice
status_is 0 "what was stored beside it is added by the command that the error named"
[ "$(sqlite3 used.db 'SELECT count(*), count(origin) FROM runs')" = "3|1" ]
ok $? "and says where it comes from"

# Ctrl-C ends whatever is made of a large database within a second or two; what is merged is not half there.
cp sample.db large.db
sqlite3 large.db "UPDATE t_run SET dump = replace(hex(zeroblob(20000000)), '0', 'b') WHERE id = 3;
	INSERT INTO t_finding(run_id, seq, address, size, class, verdict, reason, stack_id)
	SELECT run_id, 1000 + i, address + 16 * i, 16, class, verdict, 'again', stack_id FROM t_finding f,
	(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i FROM n)
	WHERE run_id IN (1, 2) AND seq = (SELECT min(seq) FROM t_finding WHERE run_id = f.run_id)"
stops() { # ARGUMENT...
	local begun pid
	"$kleak" "$@" >out 2>err &
	pid=$!
	sleep 0.3
	begun=$(date +%s%N)
	kill -INT $pid 2>/dev/null
	wait $pid
	status=$?
	[ $(($(date +%s%N) - begun)) -lt 2500000000 ] && { [ $status -eq 130 ] || [ $status -le 1 ]; }
	ok $? "stops: $*"
}
stops report 1 -v --db large.db
stops report 1 --json --db large.db
stops report 1 --format html --db large.db
stops diff 1 2 --db large.db
stops runs --db large.db
stops merge merged.db large.db
[ ! -e merged.db ]
ok $? "and leaves no half of a database"
rm -f large.db

# --force: what the wrong vmlinux says about kmemleak is no news about this dump.
for other in 6.6-x86_64 7.3-x86_64; do
	rm -f kleak.db
	run analyze --force --vmlinux "$fixtures/$other.vmlinux" "$vmcore"
	[ "$(head -n 1 out)" = "vmlinux   of another kernel than the dump (--force): everything below may be wrong" ]
	ok $? "--force with the vmlinux of $other: the first line says so"
	status_is 4 "and the run is partial"
	! grep -qE 'scan was in progress|was never enabled|stopped after' out
	ok $? "nothing is said about a kmemleak that cannot be known"
done
rm -f kleak.db
run analyze --force --vmlinux "$vmlinux" "$vmcore"
[ "$status" -eq 0 ] && ! grep -q -- --force out
ok $? "--force with the right vmlinux changes nothing"

# A module of another build. Kernels before 5.14 do not remember build-ids.
module() { # VERMAGIC
	printf '.section .modinfo, "a"\n.ascii "license=GPL\\0vermagic=%s\\0"\n' "$1" | gcc -x assembler -c -o leaky.ko -
	run analyze --vmlinux "$vmlinux" --module leaky.ko "$vmcore"
}
module "6.6.0-mini SMP mod_unload "
status_is 3 "a module of another kernel is refused"
stderr_has 'leaky.ko: vermagic "6.6.0-mini SMP mod_unload ", but the dump'"'"'s kernel is 6.12.0-mini' "with both versions"
module "6.12.0-mini2 SMP mod_unload "
status_is 3 "also when its release only begins like the dump's"
module "6.12.0-mini SMP mod_unload "
status_is 4 "one of the dump's kernel is taken (although it has no types to tell)"
done_testing
