#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Taking away a plugin that comes with the program changes the verdicts that it gave, and no others: on mini kernels that
# have something for each, and on the corpus with the objects that the allocators know.
# shellcheck source=tests/cli/mini_lib.sh disable=SC2317 # functions are called through case_
. "$(dirname "$0")/mini_lib.sh"
unset KLEAK_PLUGIN_PATH
policy=precise
shipped=$(basename -s .so "$KLEAK_BUILD"/plugins/*.so)

# The program beside all plugins but $1.
without_plugin() {
	mkdir -p "without-$1/plugins"
	cp "$KLEAK_BUILD/kleak-dump" "without-$1"
	for other in $shipped; do
		[ "$other" = "$1" ] || cp "$KLEAK_BUILD/plugins/$other.so" "without-$1/plugins"
	done
	chmod go-w "without-$1/plugins" "without-$1/plugins"/*
}

rows() {
	sql "SELECT address, class, size, verdict, reason FROM findings ORDER BY class, address" | tr -d '\r'
}

# same_but PLUGIN ADDRESSES KERNEL ARGUMENT...: the findings that come, go or change without PLUGIN are those at ADDRESSES
# ("words": those that have its name in their reason).
same_but() {
	local plugin=$1 addresses=$2 kernel=$3 status
	shift 3
	rm -f db
	"$kleak" analyze --policy precise --quiet --db db --vmlinux "$kernel" "$@" >printed 2>complaint
	status=$?
	rows >with || return 1
	[ "$addresses" != words ] || addresses=$(sed -n "s/^\([^,]*\),.*(by the plugin $plugin).*/\1/p" with)
	rm -f db
	"without-$plugin/kleak-dump" analyze --policy precise --quiet --db db --vmlinux "$kernel" "$@" >printed 2>complaint
	[ $? -eq "$status" ] || { echo "exit codes differ"; return 1; }
	rows >without || return 1
	diff with without | sed -n 's/^[<>] \([^,]*\),.*/\1/p' | sort -u >changed
	tr ' ' '\n' <<<"$addresses" | sed '/^$/d' | sort -u | diff - changed
}

# at FIXTURE NAME...: the addresses of objects.
at() {
	local fixture=$1
	shift
	printf '%s\n' "$@" | awk 'NR == FNR { wanted[$1] = 1; next } $1 in wanted { print $3 }' - "$fixtures/$fixture.expect"
}

for plugin in $shipped; do
	without_plugin "$plugin"
done
same_on() { # PLUGIN FIXTURE NAME...
	local plugin=$1 fixture=$2
	shift 2
	same_but "$plugin" "$(at "$fixture" "$@")" "$fixtures/$fixture.vmlinux" --siblings no "$fixtures/$fixture.vmcore" &&
		[ "$(wc -l <changed)" -eq $# ]
}
case_ "kvfree_rcu: what waits is none, and what its pages held is lost" same_on kvfree_rcu precise-6.1-x86_64 waiting waited
case_ "transient: the dead node" same_on transient precise-7.3-x86_64 dead_node
case_ "module_tags: the counters" same_on module_tags sites-6.15-x86_64 counters_of_tag counters_of_gone_tag
for plugin in $shipped; do
	case_ "$plugin: nothing of the demo" same_on "$plugin" demo
done

# At least one finding changes.
changes() {
	same_but "$@" && [ -s changed ]
}
for kernel in x86_64-6.12 x86_64-7.3; do
	if ! corpus=$("$KLEAK_TESTS/corpus.sh" "$kernel" 2>&1); then
		skip "$kernel" "$corpus"
		continue
	fi
	for plugin in $shipped; do
		check=same_but
		case $plugin/$kernel in annotated/* | module_tags/x86_64-7.3) check=changes ;; esac
		case_ "$plugin: $kernel" $check "$plugin" words "$corpus/vmlinux" --source allocators "$corpus/B.vmcore"
	done
done
done_testing
