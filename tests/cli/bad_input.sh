#!/bin/bash
# What analyze makes of files that are no dumps, no vmlinux, or not each other's; of a signal and of a full disk: one line
# that says what is wrong, the documented exit code, and never half a run. Databases: see database.sh.
. "$(dirname "$0")/lib.sh"
fixtures=$KLEAK_BUILD/fixtures
export XDG_CACHE_HOME=$scratch/cache
unset KLEAK_DEBUG_PATH
kernel=7.3-x86_64
vmlinux=$fixtures/$kernel.vmlinux
vmcore=$fixtures/$kernel.vmcore

runs_are() { # NUMBER NAME
	run query --format csv 'SELECT count(*) FROM runs'
	[ "$(tail -n 1 out | tr -d '\r')" = "$1" ]
	ok $? "$2"
}

refused() { # NAME MESSAGE ARGUMENT...: analyze ends with 3 and one line that holds the message
	local name=$1 message=$2
	shift 2
	run analyze "$@"
	[ "$status" -eq 3 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] && grep -q '^kleak-dump: ' err &&
		grep -qF -- "$message" err
	ok $? "$name"
}

patched() { # FILE OFFSET BYTES: a copy of the dump with other bytes in its ELF header
	cp "$vmcore" "$1"
	printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# Files that are no dumps.
echo "This is a text file." >text
: >empty
mkdir directory
head -c 65536 /dev/urandom >noise
refused "a file that is not there" "nothing: cannot open: No such file or directory" nothing
refused "a text file" "text: a text file, not a dump" text
refused "an empty file" "empty: an empty file, not a dump" empty
refused "a directory" "directory: a directory, not a dump" directory
refused "noise" "noise: " noise
refused "an executable" "an ELF executable, not a dump" "$kleak"
refused "a vmlinux for a dump" "not a dump (is it the vmlinux?)" "$vmlinux"
refused "a database for a dump" "kleak.db: " kleak.db
refused "a name with control bytes is escaped" 'no\x1b[2Jthing: ' $'no\033[2Jthing'
patched mips 18 '\010\000'
refused "another machine's dump" "MIPS" mips
patched class32 4 '\001'
refused "a 32-bit dump" "only x86_64 and aarch64 are supported" class32

cat >crash.c <<'PROGRAM'
#include <stdlib.h>
int main(void)
{
	abort();
}
PROGRAM
gcc -o crash crash.c
(ulimit -c unlimited && ./crash) >/dev/null 2>&1
core=$(find . -maxdepth 1 -name '*core*' -type f | head -n 1)
if [ -n "$core" ]; then
	refused "the core of a user program" "the core dump of a user program, not of a kernel" "$core"
else
	skip "the core of a user program" "cores do not go to the current directory here (kernel.core_pattern)"
fi

# Debug files that are none, or another kernel's.
analyze_with() { # NAME MESSAGE VMLINUX
	refused "$1" "$2" --vmlinux "$3" "$vmcore"
}
analyze_with "a vmlinux that is not there" "nothing: cannot open: No such file or directory" nothing
analyze_with "a text file for a vmlinux" "text: not an ELF file" text
analyze_with "an empty vmlinux" "empty: not an ELF file" empty
analyze_with "a directory for a vmlinux" "directory: " directory
analyze_with "a dump for a vmlinux" "a core dump, not a file with debug information" "$vmcore"
objcopy --strip-debug "$vmlinux" stripped
analyze_with "a vmlinux without DWARF" "stripped: no DWARF debug information" stripped
head -c $(($(stat -c %s "$vmlinux") / 2)) "$vmlinux" >half
analyze_with "half a vmlinux" "half: " half
build_id() {
	readelf -n "$1" 2>/dev/null | sed -n 's/^ *Build ID: //p'
}
other=$fixtures/6.12-x86_64.vmlinux
refused "another kernel's vmlinux is refused with its build-id" "$(build_id "$other")" --vmlinux "$other" "$vmcore"
stderr_has "$(build_id "$vmlinux")" "and the dump's"
cp "$vmcore" alone
refused "no vmlinux at all: the build-id to look for" "(build-id $(build_id "$vmlinux"))" alone
stderr_has "--vmlinux FILE" "and how to supply it"

[ ! -e kleak.db ] && [ ! -e kleak.db-journal ]
ok $? "nothing of all that left a database"

# Dumps that are cut short.
for size in 64 1000 4096; do
	head -c $size "$vmcore" >short
	refused "a dump of $size bytes" "short: " --vmlinux "$vmlinux" short
done
stderr_has "the dump is truncated" "which the message says"
# In steps through the file: exit code 3 without a run, or 4 with a run that is marked; never a complete one.
bad=0
size=$(stat -c %s "$vmcore")
for ((cut = size / 7; cut < size; cut += size / 7)); do
	head -c $cut "$vmcore" >short
	rm -f kleak.db
	run analyze --vmlinux "$vmlinux" short
	marked=none
	[ ! -e kleak.db ] || marked=$(sqlite3 kleak.db 'SELECT count(*), total(partial) FROM runs')
	case $status.$marked in '3.none' | '4.1|1.0') ;; *) bad=1 && break ;; esac
done
ok $bad "dumps cut anywhere are refused, or marked partial"
rm -f kleak.db

# A kernel without kmemleak is not a kernel without leaks.
run analyze --vmlinux "$fixtures/bare.vmlinux" "$fixtures/bare.vmcore"
status_is 4 "a kernel built without kmemleak is exit code 4"
stdout_has "CONFIG_DEBUG_KMEMLEAK" "and says what was missing"
rm -f kleak.db

# Several dumps: what was finished before the error stays.
run analyze --vmlinux "$vmlinux" "$vmcore" text "$vmcore"
status_is 3 "a bad dump among good ones ends the command"
runs_are 1 "the run before it is kept"
rm -f kleak.db

# Signals: each of many analyses is a run, the one that was at work when the signal came is not.
whole_runs() { # NAME: no run lacks its findings, its end or its counters
	local n=$1
	run query --format csv "SELECT count(*) FROM runs r WHERE finished_ms IS NULL OR
		(SELECT count(*) FROM findings f WHERE f.run_id = r.run_id) != (SELECT count(*) FROM findings WHERE run_id = 1)"
	[ "$status" -eq 0 ] && [ "$(tail -n 1 out | tr -d '\r')" = 0 ] && [ "$(sqlite3 kleak.db 'PRAGMA integrity_check')" = ok ]
	ok $? "$n"
}
mapfile -t many < <(yes "$vmcore" | head -n 2000)
interrupt() { # SIGNAL
	rm -f kleak.db
	env --default-signal "$kleak" analyze --vmlinux "$vmlinux" "${many[@]}" >out 2>err </dev/null &
	local tries=0
	until [ "$(sqlite3 -cmd '.timeout 1000' kleak.db 'SELECT count(*) > 2 FROM runs' 2>/dev/null)" = 1 ]; do
		tries=$((tries + 1))
		if [ $tries -ge 1000 ] || ! kill -0 $! 2>/dev/null; then break; fi
		sleep 0.02
	done
	kill -"$1" $! 2>/dev/null
	wait $! 2>/dev/null
	status=$?
}
for signal in INT TERM; do
	interrupt $signal
	status_is $((128 + $(kill -l $signal))) "SIG$signal ends it with 128 + its number"
	one_line_error "and one line"
	whole_runs "and leaves only whole runs"
done
interrupt KILL
whole_runs "so does SIGKILL, which asks nobody"

# The same at its worst moment: pages are in the file already, and the journal says how to take them back.
rm -f kleak.db*
run analyze --vmlinux "$vmlinux" "$vmcore"
cat >killed.sql <<'SQL'
PRAGMA cache_size = 1;
BEGIN;
CREATE TABLE half_written AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
	SELECT randomblob(4000) FROM n;
.shell kill -9 $PPID
SQL
(sqlite3 kleak.db <killed.sql) >/dev/null 2>&1
[ -s kleak.db-journal ]
ok $? "a writer was killed and left its journal"
run query --format csv "SELECT (SELECT count(*) FROM runs), count(*) FROM sqlite_schema WHERE name = 'half_written'"
[ "$(tail -n 1 out | tr -d '\r')" = 1,0 ]
ok $? "the next reader does not see it"

# A full disk, met while a run is written beside another.
rm -f kleak.db
mkdir full
trap 'umount full 2>/dev/null; rm -rf "$scratch"' EXIT
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=256k tmpfs full 2>/dev/null; then
	run analyze --db full/kleak.db --vmlinux "$vmlinux" "$vmcore"
	status_is 0 "a run on a disk with space"
	head -c 256k /dev/zero >full/filler 2>err
	run analyze --db full/kleak.db --vmlinux "$vmlinux" "$vmcore"
	status_is 3 "the next on the full disk is exit code 3"
	one_line_error "of one line"
	stderr_has "no space left" "that says so"
	[ "$(sqlite3 full/kleak.db 'PRAGMA integrity_check; SELECT count(*) FROM runs')" = $'ok\n1' ]
	ok $? "the database has the first run alone"
	rm full/filler
	run analyze --db full/kleak.db --vmlinux "$vmlinux" "$vmcore"
	status_is 0 "with space again it works"
	umount full
else
	skip "a full disk" "only root can mount one"
fi
run analyze --vmlinux "$vmlinux" "$vmcore"
"$kleak" report >/dev/full 2>err
status=$?
status_is 3 "a report that cannot be written is exit code 3"
one_line_error "and one line"
XDG_CACHE_HOME=/dev/null run analyze --vmlinux "$vmlinux" "$vmcore"
status_is 0 "without a cache it is only slower"

done_testing
