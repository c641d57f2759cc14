#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How results meet whoever reads them: several JSON documents, terminals of any width, pagers, misspelt words, pipes that
# break; and what is installed.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
root=$KLEAK_TESTS/..
export XDG_CACHE_HOME=$scratch/cache
sample_database sample.db

# ---- several documents ----
run analyze --json --db new.db nothing-a nothing-b
status_is 3 "several dumps: the first one is not there"
json_is '[.[].error]' '["nothing-a: cannot open: No such file or directory"]' "JSON is one array, the error its element"
run analyze --json --db new.db nothing-a
json_is 'has("error")' true "of one dump it is one document"
if dir=$("$KLEAK_TESTS/corpus.sh" x86_64-6.12); then
	run analyze --json --db new.db --vmlinux "$dir/vmlinux" "$dir/A.vmcore" nothing
	json_is '[.[0].run.run_id, (.[1].error | type)]' '[1,"string"]' "a run, and what went wrong with the next one"
else
	skip "an array with a run" "$dir"
fi

# ---- words ----
run reprot
stderr_is 'kleak-dump: no command "reprot"; did you mean report?' "a misspelt command"
run help anaylze
stderr_is 'kleak-dump: no command "anaylze"; did you mean analyze?' "after help, too"
run zzz
stderr_is 'kleak-dump: no command "zzz"; `kleak-dump help` lists them' "one that is like none"
run report --fromat json
stderr_is 'kleak-dump: option --fromat is unknown; did you mean --format?' "a misspelt option"
run report --format text --format json
stderr_is 'kleak-dump: --format is given twice' "two values where one counts"
status_is 2 "are wrong usage"
run report --db sample.db --db other.db
status_is 2 "also of an option of all commands"
run analyze --root 0xffff888000000000,8 --root 0xffff888000001000,8 nothing
status_is 3 "more roots are fine"
run why --db sample.db --module a.ko --module b.ko 0x1
! grep -q twice err
ok $? "more modules, too"
run -V
stdout_has "kleak-dump " "-V is --version"

# ---- width ----
run report --db sample.db 1
cp out plain
run report --db sample.db 1 --width 60
! grep -q '.\{61\}' out
ok $? "--width: lines that have blanks to be broken at fit"
[ "$(tr -s ' \n' '\n' <out)" = "$(tr -s ' \n' '\n' <plain)" ]
ok $? "and no word is lost or broken"
run report --db sample.db 3 --width 20 --color always
[ "$(sed 's/\x1b\[[0-9;]*m//g' out | tr -s ' \n' '\n')" = "$("$kleak" report --db sample.db 3 | tr -s ' \n' '\n')" ]
ok $? "20 columns, in color"
run report --db sample.db --width 0
status_is 2 "no columns at all"
run report --db sample.db --width 99999999999
status_is 2 "more than there are"
COLUMNS=20 "$kleak" report --db sample.db 1 >out
cmp -s out plain
ok $? "what goes into a file is left as it is"
if command -v script >/dev/null; then
	on_terminal() { # COMMAND...
		TERM=xterm NO_COLOR=1 script -qec "$*" /dev/null </dev/null | tr -d '\r' >out
	}
	COLUMNS=50 on_terminal "$kleak" report --db sample.db --no-pager 1
	[ "$(tr -s ' \n' '\n' <out)" = "$(tr -s ' \n' '\n' <plain)" ] && ! cmp -s out plain
	ok $? "a terminal has lines that fit"
	PAGER="sed s/^/paged:/" on_terminal "$kleak" report --db sample.db --summary 1
	[ -s out ] && ! grep -qv '^paged:' out
	ok $? "and a pager"
	PAGER=cat KLEAK_PAGER="sed s/^/ours:/" on_terminal "$kleak" runs --db sample.db
	grep -q '^ours:' out
	ok $? "of our own, if there is one"
	PAGER="head -n 1" on_terminal "$kleak" report --db sample.db 1
	[ "$(wc -l <out)" -eq 1 ]
	ok $? "that may end first"
	PAGER=/nonexistent/pager on_terminal "$kleak" report --db sample.db 1
	ok 0 "one that is not there ends nothing but itself"
else
	skip "terminals" "script(1) is not installed"
fi

# ---- a pipe that breaks, at every point ----
failed=
formats=$(sed -n 's/^KL_FORMAT(\([a-z]*\),.*/\1/p' "$root/src/report/formats.def")
for format in $formats; do
	for bytes in 0 1 100 5000; do
		"$kleak" report --db sample.db 1 --format "$format" 2>err | head -c "$bytes" >/dev/null
		left=${PIPESTATUS[0]}
		[ "$left" -le 3 ] || [ "$left" -eq 141 ] || failed="$failed $format/$bytes:$left"
		grep -q 'Sanitizer\|BUG' err && failed="$failed $format/$bytes"
	done
done
[ -z "$failed" ]
ok $? "nobody minds a reader who leaves$failed"

# ---- what is installed ----
build=$(realpath --relative-to="$root" "$KLEAK_BUILD")
make -s -C "$root" B="$build" DESTDIR="$scratch/root" PREFIX=/usr install >out 2>&1
ok $? "make install"
missing=
for command in $("$kleak" help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
	[ -s "root/usr/share/man/man1/kleak-dump-$command.1" ] || missing="$missing $command"
done
[ -z "$missing" ]
ok $? "a page for each command$missing"
if command -v man >/dev/null; then
	for page in root/usr/share/man/man1/*.1; do
		LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$page" 2>&1 >/dev/null | sed "s|^|${page##*/}: |"
	done >out
	[ ! -s out ]
	ok $? "which man has nothing to say about"
else
	skip "man pages as man reads them" "man is not installed"
fi
bash -c 'PATH=$1:$PATH; . root/usr/share/bash-completion/completions/kleak-dump
	COMP_WORDS=(kleak-dump rep); COMP_CWORD=1; _kleak_dump; echo "${COMPREPLY[@]}"
	COMP_WORDS=(kleak-dump report --format mark); COMP_CWORD=3; _kleak_dump; echo "${COMPREPLY[@]}"
	COMP_WORDS=(kleak-dump report --reda); COMP_CWORD=2; _kleak_dump; echo "${COMPREPLY[@]}"' _ "$KLEAK_BUILD" >out 2>&1
stdout_is "report
markdown
--redact" "completion for bash"
make -s -C "$root" B="$build" DESTDIR="$scratch/root" PREFIX=/usr uninstall >out 2>&1
[ -z "$(find root -type f)" ]
ok $? "make uninstall leaves nothing"
done_testing
