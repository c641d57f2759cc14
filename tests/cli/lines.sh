#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Source lines of stack frames: in the kernel from the vmlinux, in modules from the files that are named or found.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
export XDG_CACHE_HOME=$scratch/cache

dir=$("$KLEAK_TESTS/corpus.sh" x86_64-7.3) || { skip "lines of a real kernel" "$dir"; done_testing; }
analyze() { # OPTION...: sets $frame to the line of the module's frame, without its address
	run analyze --vmlinux "$dir/vmlinux" "$@" "$dir/A.vmcore"
	frame=$(sed -n 's/^ *> kmemleak_test_init[^ ]* \[kmemleak_test\] *//p' out | sort -u | head -n 1)
}

analyze
[ "$status" -eq 0 ] && ! grep -q 'init/main\.c:' out
ok $? "without an option no lines are looked for"
analyze --lines
[ "$status" -eq 0 ] && grep -q 'do_one_initcall.* init/main\.c:[0-9]*$' out && [ -z "$frame" ]
ok $? "--lines: lines of the kernel"
[ "$(grep -c '(its line: `kleak-dump symbolize [0-9]* --module kmemleak_test.ko`)' out)" -eq 1 ]
ok $? "and, once, how to have that of the module"
analyze --module "$dir/kmemleak-test.ko"
[ "$status" -eq 0 ] && [[ $frame == samples/kmemleak/kmemleak-test.c:* ]] && grep -q 'init/main\.c:' out
ok $? "--module: lines of that module, and of the kernel: the caller's, not those of what was inlined"
grep -q '^ *do_syscall_x64 (inlined) *arch/x86/entry/syscall_64.c:[0-9]*$' out && ! grep -q 'slab\.h\|kmemleak\.h' out
ok $? "what was inlined has frames of its own, but for the allocator's"
run report --json
json_is '[.groups[].lines[].inlined[]? | select(.function == "_kmalloc_noprof") | .file] | unique' '["include/linux/slab.h"]' \
	"JSON has those, too"
json_is '[.groups[] | select(.blamed) | .blamed.file] | unique' '["samples/kmemleak/kmemleak-test.c"]' "JSON tells the same lines"
json_is '[.groups[] | (.frames | length) == (.lines | length)] | all' true "one for each frame"
run report
cp out with-lines
run analyze --db second.db "$dir/A.vmcore"
run analyze --db second.db --vmlinux "$dir/vmlinux" --module "$dir/kmemleak-test.ko" "$dir/B.vmcore"
run analyze --again --db second.db --vmlinux "$dir/vmlinux" --module "$dir/kmemleak-test.ko" "$dir/A.vmcore"
for number in 1 3; do
	run report --db second.db "$number"
	diff <(sed -n '/^1\. /,/^call sites/p' with-lines) <(sed -n '/^1\. /,/^call sites/p' out) >&2
	ok $? "run $number: lines that any run of this boot had are in the report"
done
run analyze --db third.db --vmlinux "$dir/vmlinux" --module "$dir/kmemleak-test.ko" --strip-prefix samples/kmemleak/ "$dir/A.vmcore"
stdout_has "  kmemleak-test.c:" "--strip-prefix cuts more off the names than the build tells"
named=$frame
mkdir -p tree/kernel/samples
xz -c "$dir/kmemleak-test.ko" >tree/kernel/samples/kmemleak-test.ko.xz
analyze --modules tree
[ "$status" -eq 0 ] && [ -n "$frame" ] && [ "$frame" = "$named" ]
ok $? "--modules: the same from a tree of compressed modules"
ln -s tree link
analyze --modules link
[ "$status" -eq 0 ] && [ -n "$frame" ] && [ "$frame" = "$named" ]
ok $? "and from a link to it"
analyze --module nothing.ko
status_is 3 "a module that is not there is exit code 3"
stderr_has "nothing.ko: cannot open: No such file or directory" "and is named"
# ---- later ----
run analyze --db later.db --vmlinux "$dir/vmlinux" "$dir/A.vmcore"
run analyze --db later.db --vmlinux "$dir/vmlinux" "$dir/B.vmcore"
run query --db later.db "SELECT * FROM totals WHERE run_id = 1 ORDER BY stack_hash, class" --format csv
cut -d , -f 1,2,4- out >totals
run symbolize --db later.db 1 --module "$dir/kmemleak-test.ko" --json
json_is '[.lines_before, .lines == .frames]' '[0,true]' "symbolize: lines for a run that has none"
run report --db later.db 1
diff <(sed -n '/^1\. /,/^call sites/p' with-lines) <(sed -n '/^1\. /,/^call sites/p' out) >&2
ok $? "it is as if --lines had been given"
run query --db later.db "SELECT * FROM totals WHERE run_id = 1 ORDER BY stack_hash, class" --format csv
[ "$(wc -l <out)" -eq "$(wc -l <totals)" ]
ok $? "totals have as many rows as before"
run diff --db later.db 1 2 --json
json_is '[.groups[].change]' '["grown"]' "and objects are the same ones"
run symbolize --db later.db 2
stdout_has "source line (0 had one)" "of another run nothing was changed"
run symbolize --db later.db 1 --strip-prefix samples/kmemleak --module "$dir/kmemleak-test.ko"
run report --db later.db 1
stdout_has "  kmemleak-test.c:" "again, with other names"
run symbolize --db later.db 9
status_is 3 "no such run"
run symbolize --db later.db 1 --module nothing.ko
status_is 3 "no such module"
sqlite3 later.db "UPDATE t_run SET build_id = 'abc' WHERE id = 1"
run symbolize --db later.db 1 --vmlinux "$dir/vmlinux"
stderr_has "but the kernel of the run has abc" "another kernel's vmlinux is refused"
run symbolize --db nothing.db
[ "$status" -eq 3 ] && [ ! -e nothing.db ]
ok $? "a database that there is not is not made"

echo "no module" >text.ko
analyze --module text.ko
status_is 3 "so is a text file"
done_testing
