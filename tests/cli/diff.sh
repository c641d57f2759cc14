#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# diff: what changed between two runs, and what only the verdict changed of. Run 1 and 2 of the sample are of one boot, 3 of
# another one.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
sample_database sample.db

changed() { # FILE SQL: the sample with other findings
	cp sample.db "$1"
	sqlite3 "$1" "$2" || exit 1
}

summary() { # OF-JSON: change and numbers of every group
	jq -c '[.groups[] | [.change, .objects_a, .objects_b, (.new_objects | length), [.verdicts[]? | .from, .to, .objects]]]' out
}

run diff --db sample.db 1 2 --json
[ "$(summary)" = '[["new",0,3,3,[]],["gone",1,0,0,[]]]' ]
ok $? "three objects are new, one is gone"

# The two objects that both have, called something else in B.
changed b.db "UPDATE t_finding SET verdict = 70 WHERE run_id = 2 AND address = 0xffff888000001000;
	UPDATE t_finding SET verdict = 30 WHERE run_id = 2 AND address = 0xffff888000001100"
run diff --db b.db 1 2 --json
[ "$(summary)" = '[["new",0,3,3,[]],["changed",2,0,0,["leak","explained",1,"indirect","weak",1]],["gone",1,0,0,[]]]' ]
ok $? "a leak that is explained now is not gone"
run diff --db b.db 1 2
stdout_has "groups of leaks: 1 new, 0 grown, 1 changed, 0 shrunk, 1 gone" "it is counted"
stdout_has "    1 object: leak -> explained" "and what became of it said"

# The other way round: found before, a leak now.
changed a.db "UPDATE t_finding SET verdict = 40 WHERE run_id = 1; DELETE FROM t_finding WHERE run_id = 2 AND comm <> 'insmod'"
run diff --db a.db 1 2 --json
status_is 1 "what was unconfirmed and is a leak now ends with 1"
[ "$(summary)" = '[["changed",0,2,0,["unconfirmed","leak",1,"unconfirmed","indirect",1]]]' ]
ok $? "but is not new"
changed same.db "DELETE FROM t_finding WHERE run_id = 2 AND comm <> 'insmod'; UPDATE t_finding SET verdict = 30 WHERE run_id = 2;
	UPDATE t_finding SET verdict = 70 WHERE run_id = 1 AND comm = 'cat'"
run diff --db same.db 1 2
status_is 0 "leaks that are only weak any more end with 0"
run diff --db same.db 2 1
status_is 1 "and the other way round with 1"
stdout_has "   B is older than A" "which is the wrong way round"
run diff --db sample.db 1 2
! grep -q "B is older" out
ok $? "the right way round nothing is said"

# Between boots only numbers tell.
changed boots.db "UPDATE t_run SET boot_id = 'boot-' || id; UPDATE t_finding SET verdict = 70 WHERE run_id = 2 AND address = 0xffff888000001000;
	DELETE FROM t_finding WHERE comm NOT IN ('insmod')"
run diff --db boots.db 1 2 --json
[ "$(summary)" = '[["changed",2,1,1,["leak","explained",1]]]' ]
ok $? "another boot: one leak less, and one explained more"
run diff --db boots.db 2 1 --json
[ "$(summary)" = '[["changed",1,2,2,["explained","leak",1]]]' ]
ok $? "and back"
changed more.db "UPDATE t_run SET boot_id = 'boot-' || id; DELETE FROM t_finding WHERE comm NOT IN ('insmod');
	UPDATE t_finding SET verdict = 30 WHERE run_id = 1"
sqlite3 more.db "INSERT INTO t_finding SELECT run_id, seq + 100, address + 65536, size, class, verdict, reason, head, comm, pid, jiffies, age_ms,
	stack_id, checksum_state, site_id, site_deduced, cache, type, found, needed, parent, retained_objects, retained_bytes, unref_scans, content, dumps FROM t_finding
	WHERE run_id = 2" 2>err
run diff --db more.db 1 2 --json
[ "$(summary)" = '[["new",0,4,4,["weak","leak",2]]]' ]
ok $? "more leaks than there were other findings are new"

# A clock that was never set.
changed clock.db "UPDATE t_run SET crash_time = 8 + id"
run diff --db clock.db 1 2
stdout_has ", dumped in 1970: the clock was not set, " "1970 is no date"
run runs --db clock.db
stdout_has "in 1970: the clock was not set" "in the list of runs, either"

# The newest two of one machine.
run diff --db sample.db
status_is 3 "the newest run is the only one of its boot"
stderr_is "kleak-dump: sample.db: no two dumps of one machine" "which is said"
sqlite3 sample.db "UPDATE t_run SET host = 'db7'"
run diff --db sample.db --json
json_is '[.a.run_id, .b.run_id]' '[2,3]' "a machine is known by its name"
sqlite3 sample.db "UPDATE t_run SET crash_time = crash_time - 1000 WHERE id = 3"
run diff --db sample.db --json
json_is '[.a.run_id, .b.run_id]' '[1,2]' "the newest are those of the newest dumps"
sqlite3 sample.db "UPDATE t_run SET host = '(none)', build_id = id"
run diff --db sample.db
status_is 3 "no name is no machine's name"
run diff --db sample.db 1
status_is 2 "diff takes two, or none"
done_testing
