#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Plugins: what they know counts, what they do wrong ends them and not the run, and who must not be loaded is not.
# shellcheck source=tests/cli/mini_lib.sh disable=SC2016,SC2317 # functions are called through case_
. "$(dirname "$0")/mini_lib.sh"
unset KLEAK_PLUGIN_PATH
policy=precise
plugins=$KLEAK_BUILD/tests/plugins
demo=$fixtures/demo.vmcore
if [ ! -e "$plugins/head.so" ]; then
	skip "plugins" "those of the tests were not built"
	done_testing
	exit
fi

verdicts() {
	sql "SELECT verdict, count(*) FROM findings GROUP BY verdict ORDER BY verdict" | tr ',\r\n' '= ,' | tr -d ' '
}
# with STATUS VERDICTS ARGUMENT...: the demo's verdicts when it is analyzed so.
with() {
	local status=$1 expected=$2
	shift 2
	analyse "$status" demo "$@" "$demo" || return 1
	[ "$(verdicts)" = "$expected" ] || { echo "$(verdicts), expected $expected"; return 1; }
}
noted() { # NAME STATE NOTE
	equals "SELECT state || ': ' || replace(coalesce(note, '-'), ',', ';') FROM plugins WHERE name = '$1'" "$2: $3"
}
lacks() { # FIXED-STRING NAME
	! grep -qF -- "$1" out
	ok $? "$2"
}
is() { # TEXT EXPECTED NAME
	[ "$1" = "$2" ]
	ok $? "$3: $1"
}
all=indirect=8,leak=37,modified=1,young=1,
unconfirmed=modified=1,unconfirmed=45,young=1,

case_ "without plugins" with 0 "$all" --no-plugins
case_ "which are not recorded" equals "SELECT count(*) FROM plugins" 0
case_ "the shipped ones have no opinion of the demo" with 0 "$all"
case_ "and are recorded" equals "SELECT group_concat(name || ' ' || state, '; ') FROM plugins" "annotated unused; kvfree_rcu unused; module_tags unused; transient unused"

# Four leaks, of which each leads to two objects, one whose content changed, and a young one.
case_ "a classifier explains a leak, and what it leads to" with 0 explained=13,leak=33,young=1, --plugin "$plugins/head.so"
case_ "the reason names it" equals "SELECT DISTINCT reason FROM findings WHERE verdict = 'explained' AND size = 192" "held by a test (by the plugin head)"
case_ "and the run says what it did" noted head used "explained 6 objects"
case_ "taking it away changes its verdicts and no others" with 0 "$all"
case_ "one that was built for the first version of the interface" with 0 explained=8,indirect=8,leak=29,modified=1,young=1, --plugin "$plugins/abi_1_0.so"
case_ "for version 1.2" with 0 explained=8,indirect=8,leak=29,modified=1,young=1, --plugin "$plugins/abi_1_2.so"
case_ "for version 1.3" with 0 explained=8,indirect=8,leak=29,modified=1,young=1, --plugin "$plugins/abi_1_3.so"
frozen() { # VERSION: is its header as it was committed first?
	local header=plugins/abi-$1/kleak/plugin.h first
	first=$(git -C "$KLEAK_TESTS" log --diff-filter=A --format=%H -- "$header" | tail -1)
	[ -n "$first" ] && git -C "$KLEAK_TESTS" show "$first:./$header" | cmp - "$KLEAK_TESTS/$header"
}
if git -C "$KLEAK_TESTS" log -1 >/dev/null 2>&1; then
	for version in 1.0 1.1 1.2 1.3; do
		case_ "the header of version $version is as it was" frozen $version
	done
else
	skip "headers are as they were" "no history here"
fi
case_ "a root holds what stands in it" with 0 indirect=6,leak=37,modified=1,young=1, --plugin "$plugins/root.so"
case_ "and is counted" noted root used "added 1 roots"
case_ "what waits to be freed is no leak" with 4 indirect=6,leak=36,modified=1,weak=2,young=1, --plugin "$plugins/freed.so"
case_ "and is counted" noted freed used "named 1 addresses that wait to be freed; and 0 pages for them"
case_ "what a plugin finds damaged is an anomaly" equals "SELECT kind || ' ' || address || ' ' || message FROM anomalies" "plugin 0xffff88804130ee08 freed: the list does not end"
case_ "objects are added, and those in known memory left out" with 0 indirect=8,leak=39,modified=1,young=1, --plugin "$plugins/pool.so"
case_ "and counted" noted pool used "added 2 objects; left out 1 in memory that is known otherwise"
case_ "what a kernel lacks keeps a plugin from being called" with 0 "$all" --plugin "$plugins/needy.so"
case_ "and is named" noted needy skipped "this kernel has no struct no_such_struct.no_such_member"
needs() { # TYPE NAME NOTE: what a plugin needs that is not there
	NEED_TYPE=$1 NEED_NAME=$2
	export NEED_TYPE NEED_NAME
	[ -n "$1" ] || unset NEED_TYPE
	[ -n "$2" ] || unset NEED_NAME
	with 0 "$all" --plugin "$plugins/need.so" && noted need skipped "$3"
}
case_ "a struct that there is not" needs no_such_struct "" "this kernel has no struct no_such_struct"
case_ "a symbol that there is not" needs "" no_such_symbol "this kernel has no symbol no_such_symbol"
case_ "a struct of a module that is not loaded" needs nothing:ring desc "the module nothing is not loaded"
case_ "a symbol of one" needs "" nothing:rings "the module nothing is not loaded"
case_ "a struct of a module without its file" needs acme_can:acme_ring desc "there is no debug information of the module acme_can; and so no struct acme_ring.desc"
case_ "a symbol that a module has not" needs "" acme_can:acme_rings "the module acme_can has no symbol acme_rings"
case_ "nothing at all" needs "" "" "one of its needs names nothing"
answers() { # TYPE NAME REASON ARGUMENT...: what a plugin is told
	NEED_TYPE=$1 NEED_NAME=$2
	export NEED_TYPE NEED_NAME
	[ -n "$1" ] || unset NEED_TYPE
	[ -n "$2" ] || unset NEED_NAME
	"$kleak" analyze --quiet --db needs.db --plugin "$plugins/need.so" "${@:4}" >/dev/null
	[ "$("$kleak" query --db needs.db --format list "SELECT DISTINCT reason FROM findings WHERE reason LIKE '%need)%' AND run_id = (SELECT max(run_id) FROM runs)" | grep -c "$3 (by the plugin need)")" -eq 1 ] ||
		{ "$kleak" query --db needs.db "SELECT state, note FROM plugins WHERE name = 'need'"; false; }
}
case_ "a symbol of a module" answers "" acme_can:acme_can_setup_rx "acme_can_setup_rx+0x0/0xc0 \[acme_can\]0 of 0" --vmlinux "$fixtures/demo.vmlinux" "$demo"
if dir=$("$KLEAK_TESTS/corpus.sh" x86_64-7.3); then
	from_file() {
		answers "$@" --vmlinux "$dir/vmlinux" --module "$dir/kmemleak-test.ko" "$dir/A.vmcore"
	}
	case_ "a member of a struct of a module" from_file kmemleak_test:test_node list "200 of 16"
	case_ "its size" from_file kmemleak_test:test_node "" "0 of 416"
	case_ "a static variable of a module" from_file "" kmemleak_test:test_list "test_list+0x0/0x10 \\[kmemleak_test\\]0 of 16"
else
	skip "needs of a module's types" "$dir"
fi
unset NEED_TYPE NEED_NAME
sites() { # GLOB COMMAND...
	NEED_SITE=$1 "${@:2}"
}
tagged=$fixtures/sites-7.3-x86_64
case_ "call sites are counted, by file" sites 'drivers/ring.c:*' answers "" "" "2 of 96" --vmlinux "$tagged.vmlinux" "$tagged.vmcore"
case_ "and by function" sites leak_open answers "" "" "2 of 28800" --vmlinux "$tagged.vmlinux" "$tagged.vmcore"
rm -f db
sites 'no/such/*' "$kleak" analyze --quiet --db db --plugin "$plugins/need.so" --vmlinux "$tagged.vmlinux" "$tagged.vmcore" >/dev/null
case_ "a call site that there is not" noted need skipped "this kernel has no call site no/such/*"
case_ "and none where nobody profiles" sites 'drivers/*' with 0 "$all" --plugin "$plugins/need.so"
case_ "is said" noted need skipped "there is no allocation profiling; and so no call site drivers/*"
unset NEED_TYPE NEED_NAME NEED_SITE

# Whoever fails owes nothing to opinions; who owed objects or roots may have owed what holds the rest.
case_ "one that crashes ends alone" with 4 "$all" --plugin "$plugins/crash.so"
case_ "and the run says so" noted crash failed "it crashed: Segmentation fault"
case_ "as an anomaly" equals "SELECT kind || ': ' || message FROM anomalies" "plugin: crash: it crashed: Segmentation fault"
case_ "one that crashes while it is loaded" with 0 "$all" --plugin "$plugins/crash_loading.so"
case_ "one that loops" with 4 "$unconfirmed" --plugin-timeout 1 --plugin "$plugins/loop.so"
case_ "is ended in time" noted loop failed "it took longer than 1 seconds"
case_ "one that ends the process" with 4 "$unconfirmed" --plugin "$plugins/leave.so"
case_ "only ends its own" noted leave failed "it ended the process with 0"
quiet() {
	! grep -q "a plugin that prints" printed complaint
}
case_ "and prints nothing" quiet
case_ "one that returns an error from each call" with 4 "$unconfirmed" --plugin "$plugins/errors.so"
case_ "is called once" noted errors failed "it returned error 42"
case_ "objects that overlap" with 4 "$unconfirmed" --plugin "$plugins/overlap.so"
case_ "are refused, all of them" noted overlap failed "its objects at 0xffff888041312000 and 0xffff888041312020 overlap"
case_ "an object outside of memory" with 4 "$unconfirmed" --plugin "$plugins/outside.so"
case_ "objects without end" with 4 "$unconfirmed" --plugin "$plugins/endless.so"
case_ "are too many" noted endless failed "it added more than 16777216 objects"
case_ "several, one of which is bad" with 4 explained=13,leak=33,young=1, --plugin "$plugins/crash.so" --plugin "$plugins/head.so"
case_ "under the policy kernel none is asked" equals "SELECT 1" 1
kernel_policy() {
	policy=kernel
	analyse 0 demo --plugin "$plugins/errors.so" "$demo"
}
case_ "so none fails" kernel_policy
policy=precise

# Words for what refers to an object. Of the demo's references to findings eight stand in four objects of one function.
names() { # EXPECTED: the words of all references, sorted, and how often
	equals "SELECT group_concat(n || ' of ' || name, '; ') FROM (SELECT coalesce(name, '-') AS name, count(*) AS n FROM refs GROUP BY 1 ORDER BY 1)" "$1"
}
case_ "a namer changes no verdict" with 0 "$all" --plugin "$plugins/namer.so"
case_ "its words stand with the references" names "1 of -; 4 of option 1 of 192 bytes; 4 of option 2 of 192 bytes"
case_ "and are counted" noted namer used "named 8 holders"
"$kleak" query --db db --format csv "SELECT address FROM findings WHERE verdict = 'indirect' LIMIT 1" | tail -1 | tr -d '\r' >address
run refs --db db "$(cat address)"
stdout_has "option 1 of 192 bytes" "refs tells them from the database"
run refs --dump "$demo" --vmlinux "$fixtures/demo.vmlinux" --plugin "$plugins/namer.so" "$(cat address)"
stdout_has "option 1 of 192 bytes" "and from a dump"
run refs --dump "$demo" --vmlinux "$fixtures/demo.vmlinux" --no-plugins "$(cat address)"
lacks "option 1" "but not without plugins"
run why --dump "$demo" --vmlinux "$fixtures/demo.vmlinux" --plugin "$plugins/namer.so" "$(cat address)"
stdout_has "option 1 of 192 bytes" "so does why"
run why --dump "$demo" --vmlinux "$fixtures/demo.vmlinux" --plugin "$plugins/namer.so" 0xffff888041310600
stdout_has "struct page of frame 0x1750" "and keeps what it calls holders that no plugin names"
two_names() {
	with 0 "$all" --plugin "$plugins/namer.so" --plugin "$plugins/abi_1_1.so" &&
		equals "SELECT DISTINCT replace(name, ',', ';') FROM refs WHERE name LIKE 'option 1%'" "option 1 of 192 bytes; as in 1.1"
}
case_ "two namers, one of which was built for version 1.1" two_names
faulty_name() { # FAULT NOTE
	FAULT=$1 with 4 "$all" --plugin-timeout 1 --plugin "$plugins/faulty.so" &&
		noted faulty failed "$2; named 2 holders" &&
		equals "SELECT partial_why FROM runs" "1 anomalies" &&
		equals "SELECT count(*) FROM refs WHERE length(name) = 200" 2
}
case_ "a namer that crashes loses only words" faulty_name crash "it crashed: Segmentation fault"
case_ "one that loops" faulty_name loop "it took longer than 1 seconds"
case_ "one that ends the process" faulty_name leave "it ended the process with 0"
case_ "one that returns an error" faulty_name error "it returned error 42"
FAULT=crash run why --dump "$demo" --vmlinux "$fixtures/demo.vmlinux" --plugin "$plugins/faulty.so" --all 0xffffc90040004000
status_is 0 "why goes on without it"
stderr_has "the plugin faulty failed" "and says so"

# Runs in other forms. The database has one run, with the plugin rows.
case_ "a sink gets the rows of a run" with 0 "$all" --plugin "$plugins/rows.so" --sink rows=sink.csv
case_ "all of them" equals "SELECT count(*) FROM findings" "$(grep -c ^0xffff sink.csv)"
case_ "which stands in its record" noted rows used "took 47 rows; wrote 1399 bytes"
report_by() { # NAME ARGUMENT...
	local name=$1
	shift
	run report --db db --plugin "$plugins/$name.so" "$@"
}
report_by rows --format rows
status_is 0 "a format of a plugin"
expected="run 1 of 7.3.0-demo on x86_64, partial 0, coverage 1.0|findings 47|groups 5|refs 9|stacks 8|frames 56|totals 8|allocations 0|anomalies 0|suppressions 0|plugins $(sqlite3 db "SELECT count(*) FROM plugins")|"
is "$(head -11 out | tr '\n' '|')" "$expected" "has all views of the run"
is "$(tail -1 out)" $'\033[31mred\tand\001' "its bytes are its own"
"$kleak" query --db db "SELECT * FROM plugins" >before
report_by rows --sink rows=again.csv
stdout_has "leaked" "a report may feed a sink, too"
case_ "with the same rows" cmp sink.csv again.csv
case_ "and writes nothing into the database" diff before <("$kleak" query --db db "SELECT * FROM plugins")
report_by rows --format rows --top 3
status_is 2 "a plugin's format takes no selection"
report_by rows --format nothing
status_is 2 "a format that nobody has"
stderr_has "no format \"nothing\"" "and says so"
report_by head --format head
status_is 2 "a plugin without a format"
report_by rows --sink nobody=x
status_is 2 "a sink that nobody is"
report_by rows --sink rows
status_is 2 "a sink without a file"
report_by rows --sink rows=nowhere/x
status_is 3 "a file that cannot be made"
faulty_report() { # FAULT MESSAGE
	export FAULT=$1
	report_by faulty --plugin-timeout 1 --format faulty
	unset FAULT
	status_is 3 "a format that fails ($1)"
	stderr_has "the plugin faulty failed: $2" "says what happened"
	stdout_is "" "and leaves no half of a report"
}
faulty_report crash "it crashed: Segmentation fault"
faulty_report loop "it took longer than 1 seconds"
faulty_report leave "it ended the process with 0"
faulty_report error "it returned error 42"
faulty_report endless "it"
faulty_sink() { # FAULT NOTE
	FAULT=$1 with 4 "$all" --edges none --plugin-timeout 1 --plugin "$plugins/faulty.so" --sink faulty=faulty.out &&
		noted faulty failed "$2; took 47 rows; wrote 4 bytes" && equals "SELECT partial FROM runs" 0
}
case_ "a sink that crashes fails alone" faulty_sink crash "it crashed: Segmentation fault"
case_ "one that loops" faulty_sink loop "it took longer than 1 seconds"
case_ "one that ends the process" faulty_sink leave "it ended the process with 0"
case_ "one that returns an error" faulty_sink error "it returned error 42"
if [ -e /dev/full ]; then
	report_by rows --sink rows=/dev/full
	status_is 3 "a file that is full"
fi
report_by abi_1_1 --format abi_1_1
is "$(sort -u out | tr '\n' ' ')" "indirect leak modified young " "a format that was built for version 1.1"

# What the sandbox does not allow, it does not allow plugins.
features=$("$kleak" --version --json | jq -r '.sandbox | "\(.seccomp) \(.landlock > 0)"')
if [ "$features" = "true true" ]; then
	export ESCAPE_FILE=$KLEAK_BUILD/escaped
	case_ "a plugin is in the sandbox" with 0 "$all" --plugin "$plugins/escape.so"
	case_ "and would not be without it" with 4 "$unconfirmed" --no-sandbox --plugin "$plugins/escape.so"
	case_ "where it could open a socket" noted escape failed "it returned error 20"
	unset ESCAPE_FILE
else
	skip "a plugin is in the sandbox" "this kernel lacks seccomp or Landlock: $features"
fi

# Where they come from.
mkdir -p house bad
cp "$plugins/head.so" house
variable() {
	KLEAK_PLUGIN_PATH=$scratch/nowhere::$scratch/house with 0 explained=13,leak=33,young=1,
}
case_ "\$KLEAK_PLUGIN_PATH" variable
relative() {
	KLEAK_PLUGIN_PATH=house:. with 0 "$all"
}
case_ "of which relative paths do not count" relative
cp "$plugins/head.so" .
case_ "the current directory is no place for plugins" with 0 "$all"
rm head.so
cp "$plugins/crash.so" house/zcrash.so
case_ "a folder" with 4 explained=13,leak=33,young=1, --plugin house
ln -s "$plugins/head.so" other.so
case_ "two of one name" with 0 explained=13,leak=33,young=1, --plugin "$plugins/head.so" --plugin "$plugins/namesake.so"
run analyze --db x.db --plugin nowhere.so "$demo"
status_is 3 "one that does not exist"
echo "no plugin" >text.so
run plugins text.so
status_is 4 "a text file"
stdout_has "text.so: skipped" "is skipped"
if [ "$(id -u)" -eq 0 ]; then
	cp "$plugins/head.so" bad
	chmod 777 bad
	run plugins bad
	stdout_has "others may write there, and root is asked to load it" "root loads nothing from a folder that others may write to"
	chmod 755 bad
	chmod 666 bad/head.so
	run plugins bad
	stdout_has "others may write there, and root is asked to load it" "nor a file that others may write to"
	chmod 755 bad/head.so
	chown 65534 bad/head.so
	run plugins bad
	stdout_has "it belongs to somebody else than root" "nor somebody else's"
else
	skip "what root does not load" "this is not root"
fi
run plugins --json "$plugins"
status_is 4 "skipped plugins are exit code 4"
json_is '[.plugins[] | select(.state == "skipped") | .why]' \
	'["it crashed: Aborted","it lacks the function for one of its capabilities","'"$plugins"'/head.so has the same name","it was built for a newer version of the interface (kleak/plugin.h)","it exports no kleak_plugin","it was built for another version of the interface (kleak/plugin.h)","'"$plugins"'/unlinked.so: undefined symbol: no_such_function"]' \
	"and the reasons are in JSON"

# The template builds outside of the tree with what is installed, and works.
template() {
	make -s -C "$KLEAK_TESTS/.." B="$(realpath --relative-to="$KLEAK_TESTS/.." "$KLEAK_BUILD")" DESTDIR="$scratch/root" PREFIX=/usr install &&
		cp -r root/usr/share/kleak-dump/plugin-template mine &&
		sed -i 's/acme_ring_alloc/acme_can_setup_rx/' mine/acme.c &&
		make -s -C mine KLEAK_INCLUDE="$scratch/root/usr/include" &&
		with 0 explained=24,indirect=8,leak=13,modified=1,young=1, --plugin mine --sink acme-report=leaks.csv
}
case_ "the template" template
run report --db db --plugin mine --format acme-report
case_ "its form of report" diff - leaks.csv <out
is "$(head -2 leaks.csv | tr '\n' ' ')" "function,objects,bytes vidcap_reqbufs+0x88/0x130,1,32768 " "is a table"
# Every piece of code in docs/plugins.md compiles, and together they are a plugin.
documented() {
	{
		printf '#include <stdio.h>\n#include <string.h>\n#include "kleak/plugin.h"\nenum { POOL = 2 };\n'
		sed -n '/^```c$/,/^```$/p' "$KLEAK_TESTS/../docs/plugins.md" | sed '/^```/d'
		printf '%s\n' 'const struct kleak_plugin kleak_plugin = {.size = sizeof(kleak_plugin), .major = KLEAK_PLUGIN_MAJOR,' \
			'.minor = KLEAK_PLUGIN_MINOR, .capabilities = 63, .name = "all", .version = "1", .license = "-", .summary = "-",' \
			'.needs = needs, .n_needs = 2, .classify = classify, .roots = roots, .objects = objects,' \
			'.name_holder = name_holder, .format = format, .sink = format};'
	} >all.c
	${CC:-cc} -Wall -Wextra -Werror -Iroot/usr/include -fPIC -shared -o all.so all.c
}
case_ "the examples of the documentation" documented
run plugins all.so
stdout_has "all 1: ready, objects, roots, classify, name_holder, format, sink" "are a plugin that can do everything"

case_ "what is installed has the shipped plugins" test -e root/usr/lib/kleak-dump/plugins/annotated.so
done_testing
