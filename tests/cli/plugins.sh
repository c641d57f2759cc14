#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Plugins: what they know counts, what they do wrong ends them and not the run, and who must not be loaded is not.
# shellcheck source=tests/cli/mini_lib.sh disable=SC2317 # functions are called through case_
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
all=indirect=8,leak=37,modified=1,young=1,
unconfirmed=modified=1,unconfirmed=45,young=1,

case_ "without plugins" with 0 "$all" --no-plugins
case_ "which are not recorded" equals "SELECT count(*) FROM plugins" 0
case_ "the shipped ones have no opinion of the demo" with 0 "$all"
case_ "and are recorded" equals "SELECT group_concat(name || ' ' || state, '; ') FROM plugins" "annotated unused; transient unused"

# Four leaks, of which each leads to two objects, and a young one.
case_ "a classifier explains a leak, and what it leads to" with 0 explained=12,leak=33,modified=1,young=1, --plugin "$plugins/head.so"
case_ "the reason names it" equals "SELECT DISTINCT reason FROM findings WHERE verdict = 'explained' AND size = 192" "held by a test (by the plugin head)"
case_ "and the run says what it did" noted head used "explained 5 objects"
case_ "taking it away changes its verdicts and no others" with 0 "$all"
case_ "one that was built for the first version of the interface" with 0 explained=8,indirect=8,leak=29,modified=1,young=1, --plugin "$plugins/abi_1_0.so"
frozen() {
	[ "$(sha256sum <"$KLEAK_TESTS/plugins/abi-1.0/kleak/plugin.h")" = "$(git -C "$KLEAK_TESTS" show "$(git -C "$KLEAK_TESTS" log --diff-filter=A --format=%H -- plugins/abi-1.0/kleak/plugin.h | tail -1)":./plugins/abi-1.0/kleak/plugin.h 2>/dev/null | sha256sum)" ]
}
if git -C "$KLEAK_TESTS" log -1 >/dev/null 2>&1; then
	case_ "whose header is as it was" frozen
else
	skip "whose header is as it was" "no history here"
fi
case_ "a root holds what stands in it" with 0 indirect=6,leak=37,modified=1,young=1, --plugin "$plugins/root.so"
case_ "and is counted" noted root used "added 1 roots"
case_ "objects are added, and those in known memory left out" with 0 indirect=8,leak=39,modified=1,young=1, --plugin "$plugins/pool.so"
case_ "and counted" noted pool used "added 2 objects; left out 1 in memory that is known otherwise"
case_ "what a kernel lacks keeps a plugin from being called" with 0 "$all" --plugin "$plugins/needy.so"
case_ "and is named" noted needy skipped "this kernel has no struct no_such_struct.no_such_member"

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
case_ "several, one of which is bad" with 4 explained=12,leak=33,modified=1,young=1, --plugin "$plugins/crash.so" --plugin "$plugins/head.so"
case_ "under the policy kernel none is asked" equals "SELECT 1" 1
kernel_policy() {
	policy=kernel
	analyse 0 demo --plugin "$plugins/errors.so" "$demo"
}
case_ "so none fails" kernel_policy
policy=precise

# Where they come from.
mkdir -p house bad
cp "$plugins/head.so" house
variable() {
	KLEAK_PLUGIN_PATH=$scratch/nowhere::$scratch/house with 0 explained=12,leak=33,modified=1,young=1,
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
case_ "a folder" with 4 explained=12,leak=33,modified=1,young=1, --plugin house
ln -s "$plugins/head.so" other.so
case_ "two of one name" with 0 explained=12,leak=33,modified=1,young=1, --plugin "$plugins/head.so" --plugin "$plugins/namesake.so"
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
	'["it crashed: Aborted","it lacks the function for one of its capabilities","'"$plugins"'/head.so has the same name","it exports no kleak_plugin","it was built for another version of the interface (kleak/plugin.h)"]' \
	"and the reasons are in JSON"

# The template builds outside of the tree with what is installed, and works.
template() {
	make -s -C "$KLEAK_TESTS/.." B="$(realpath --relative-to="$KLEAK_TESTS/.." "$KLEAK_BUILD")" DESTDIR="$scratch/root" PREFIX=/usr install &&
		cp -r root/usr/share/kleak-dump/plugin-template mine &&
		sed -i 's/acme_ring_alloc/acme_can_setup_rx/' mine/acme.c &&
		make -s -C mine KLEAK_INCLUDE="$scratch/root/usr/include" &&
		with 0 explained=24,indirect=8,leak=13,modified=1,young=1, --plugin mine
}
case_ "the template" template
case_ "what is installed has the shipped plugins" test -e root/usr/lib/kleak-dump/plugins/annotated.so
done_testing
