#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Allocation profiling in mini kernels of every generation of its metadata: where tags lie, what counters they have, every
# shape of the references of slab objects, pages with extensions and with compressed references; and damage to each.
# shellcheck source=tests/cli/mini_lib.sh disable=SC2317 # functions are called through case_
. "$(dirname "$0")/mini_lib.sh"

# What `cat /proc/allocinfo` would have printed.
allocinfo() { # VERSION FLAG
	"$kleak" report --db db --format allocinfo >text
	diff - text <<-END
		allocinfo - version: $1
		#     <size>  <calls> <tag info>
		          64        1 drivers/ring.c:10 func:ring_probe$EMPTY
		         128        2 net/leak.c:20 func:leak_open$EMPTY
		       28672        3 net/leak.c:30 func:leak_open$EMPTY
		          32        1 drivers/ring.c:40 func:ring_probe$EMPTY
		           0        0 lib/idle.c:50 func:idle$EMPTY
		        8192        2 mm/slub.c:60 func:alloc_slab_page$2$EMPTY
		          64        1 drivers/leaky.c:7 [leaky] func:leaky_init$EMPTY
		           0        0 drivers/leaky.c:8 [leaky] func:leaky_init$EMPTY
	END
}
EMPTY=' ' # every row ends in a blank

# Without kmemleak the call site stands for a stack, and what it allocates makes a group.
groups_by_call_site() {
	policy=precise analyse 4 "$kernel" --source allocators "$fixtures/$kernel.vmcore" &&
		equals "SELECT top_frame, file || char(58) || line FROM groups g JOIN frames f USING (stack_id)
			WHERE f.depth = 0 AND top_frame = 'ring_probe'" "ring_probe,drivers/ring.c:40" &&
		equals "SELECT value FROM measurements WHERE name = 'stacks_unknown'" 0
}

# The tag of the module that is gone: is it known by name, are its counters there.
gone() { # COLUMNS VALUES
	equals "SELECT line, listed, unloaded, counted_bytes, counted_calls, $1 FROM allocations WHERE unloaded" "99,0,1,64,1,$2"
}

# What stands where the names of an unloaded module were is not taken for names, and nothing is wrong with the dump.
lost_names() { # VARIANT
	"$mkdump" --hostile "$1" "$fixtures/$kernel.kernel" dump && analyse 0 "$kernel" dump &&
		equals "SELECT line, file, function, module FROM allocations WHERE unloaded" '99,,,""' &&
		grep -q 'line 99 of a module that was unloaded' printed
}

# Every object has its call site; one of them is told by its stack.
findings() { # SITE-OF-GONE
	equals "SELECT group_concat(coalesce(site, '?') || ' ' || site_deduced, '; ') FROM (SELECT * FROM findings
		WHERE class = 'virtual' ORDER BY seq)" \
		"net/leak.c:20 0; net/leak.c:20 0; $1 0; net/leak.c:20 1; net/leak.c:30 0"
}

# Counters and references agree, but for tags without counters.
agrees() {
	equals "SELECT count(*) FROM allocations WHERE cause NOT IN ('agrees', 'no_counters')" 0 &&
		equals "SELECT count(*) FROM allocations WHERE cause = 'agrees'" "$1"
}

pages() {
	equals "SELECT group_concat(name || ' ' || value, ' ') FROM (SELECT name, value FROM measurements
		WHERE name IN ('pages_tagged', 'pages_empty', 'pages_free') ORDER BY name)" "pages_empty 1 pages_free 1 pages_tagged 9"
}

# The report in which the false positive was found: per-CPU objects of 16 bytes, allocated by load_module(). All other
# findings are the same without the plugin that knows them.
explained() {
	policy=precise analyse 0 "$kernel" --no-plugins "$fixtures/$kernel.vmcore" && others >without &&
		equals "SELECT count(*) FROM findings WHERE class = 'percpu' AND size = 16 AND verdict = 'modified'" 2 &&
		policy=precise analyse 0 "$kernel" "$fixtures/$kernel.vmcore" && others >with && diff without with &&
		equals "SELECT name || ' ' || objects FROM plugins WHERE state = 'used'" "module_tags 2" &&
		equals "SELECT count(*) FROM findings f JOIN stacks s USING (stack_id) WHERE f.verdict = 'explained'
		AND f.class = 'percpu' AND f.size = 16 AND s.frames LIKE '%load_module+%'" 2 &&
		equals "SELECT count(*) FROM findings WHERE verdict = 'explained'
			AND reason LIKE 'counters of the call site drivers/leaky.c:7 of module leaky: %'" 1 &&
		equals "SELECT count(*) FROM findings WHERE verdict = 'explained'
			AND reason LIKE 'counters of the call site in line 99 of a module that was unloaded: %'" 1
}

# Which module a tag was of is not known then.
explained_without_tree() {
	"$mkdump" --hostile tree-cycle "$fixtures/$kernel.kernel" dump && policy=precise analyse 4 "$kernel" dump &&
		equals "SELECT group_concat(substr(reason, 1, 48), ';') FROM (SELECT * FROM findings WHERE verdict = 'explained' ORDER BY reason)" \
			"counters of the call site in line 7 of a module:;counters of the call site in line 99 of a module"
}

others() {
	sql "SELECT * FROM findings WHERE class != 'percpu' OR size != 16 ORDER BY seq" | cut -d, -f3-
}

# Something is damaged: it is an anomaly, exit code 4, and the rows that it does not touch are printed all the same.
damaged() { # VARIANT ANOMALY ROWS
	local rows
	"$mkdump" --hostile "$1" "$fixtures/$kernel.kernel" dump && analyse 4 "$kernel" dump &&
		equals "SELECT count(*) > 0 FROM anomalies WHERE message LIKE '$2' AND address IS NOT NULL" 1 || return 1
	"$kleak" report --db db --format allocinfo >text
	rows=$(tail -n +3 text | wc -l)
	[ "$rows" -eq "$3" ] || { echo "$rows rows, expected $3"; return 1; }
	equals "SELECT count(*) FROM allocations WHERE cause NOT IN ('agrees', 'no_counters', 'lost')" 0 || return 1
	"$kleak" audit --db db >audited || [ $? -eq 4 ]
}

compressed() {
	"$mkdump" --hostile compressed "$fixtures/$kernel.kernel" dump && analyse 0 "$kernel" dump && pages && agrees "$1" &&
		equals "SELECT value FROM measurements WHERE name = 'profiling_compressed'" 1 &&
		equals "SELECT page_bytes, page_calls FROM (SELECT page_bytes, counted_calls AS page_calls FROM allocations
			WHERE line = 30)" "28672,3" && allocinfo "$2" "$3"
}

# A machine that profiles without kmemleak: no findings, but all there is to know of call sites.
alone() { # TAGS VERSION FLAG
	"$mkdump" --hostile kmemleak-off "$fixtures/$kernel.kernel" dump && analyse 4 "$kernel" dump &&
		equals "SELECT kmemleak_state, profiling_state FROM runs" "off,on" && equals "SELECT count(*) FROM findings" 0 &&
		pages && agrees "$1" && allocinfo "$2" "$3" && grep -q "^   28.0 KiB        3   9.33 KiB          -          -  net/leak.c:30" printed
}

# What was freed while profiling was off is still charged.
off() {
	"$mkdump" --hostile off "$fixtures/$kernel.kernel" dump && analyse 0 "$kernel" dump &&
		equals "SELECT profiling_state FROM runs" off &&
		"$mkdump" --hostile stale "$fixtures/$kernel.kernel" dump && analyse 0 "$kernel" dump &&
		equals "SELECT cause, bytes - counted_bytes FROM allocations WHERE line = 30" "stale,4096" &&
		equals "SELECT value FROM measurements WHERE name = 'pages_stale'" 1
}

for kernel in sites-6.12-x86_64 sites-6.14-x86_64 sites-6.15-x86_64 sites-7.0-x86_64 sites-7.3-x86_64 sites-7.3-x86_64-maxsmp \
	sites-7.3-aarch64; do
	if [ ! -e "$fixtures/$kernel.vmcore" ]; then
		skip "$kernel" "not built: no compiler for its architecture"
		continue
	fi
	version=1.0 flag='' tags=8 gone_site='?'
	case $kernel in
	sites-6.12*) gone_site=drivers/gone.c:99 ;;
	sites-6.14*) ;;
	sites-6.15*) tags=9 ;;
	*) tags=9 version=2.0 flag=' accurate:no' ;;
	esac
	case_ "$kernel: verdicts and listing" judge "$kernel" "$fixtures/$kernel.expect" "$fixtures/$kernel.vmcore"
	case_ "$kernel: /proc/allocinfo" allocinfo "$version" "$flag"
	case $kernel in
	sites-6.12*) case_ "$kernel: the tag of an unloaded module" gone "bytes, module, function" ",gone,gone_init" ;;
	sites-6.14*) case_ "$kernel: the tag of an unloaded module" gone "bytes, file, function" ",," ;;
	*) case_ "$kernel: the tag of an unloaded module" gone "bytes, file, cause" "64,,agrees" ;;
	esac
	case $kernel in
	sites-6.12*) ;;
	*)
		case_ "$kernel: memory of names that was used again" lost_names names-reused
		case_ "$kernel: names where no module was" lost_names names-elsewhere
		;;
	esac
	case_ "$kernel: call sites of objects" findings "$gone_site"
	case_ "$kernel: counters agree with references" agrees $tags
	case_ "$kernel: uses of pages" pages
	case $kernel in
	sites-6.15*)
		case_ "$kernel: counters of module tags are explained by their plugin" explained
		case_ "$kernel: and where the tree of areas is damaged" explained_without_tree
		;;
	esac
	case $kernel in
	sites-6.12*) ;;
	*) case_ "$kernel: references in the flags of pages" compressed $tags "$version" "$flag" ;;
	esac
	case_ "$kernel: freed while profiling was off" off
	case_ "$kernel: profiling without kmemleak" alone $tags "$version" "$flag"
	case_ "$kernel: groups by call site" groups_by_call_site

	case_ "$kernel: a name that leads nowhere" damaged name-wild "no name at 0x4141414141414141%" 8
	case_ "$kernel: counters that are no per-CPU memory" damaged counters-wild "%where no per-CPU memory is%" 8
	case_ "$kernel: a section that ends before it starts" damaged section-backwards "tags from % cannot be" 6
	case_ "$kernel: a section without an end" damaged section-endless "tags from % cannot be" 6
	case_ "$kernel: a cycle in the IDR" damaged idr-cycle "codetag_type.mod_idr: a node that cannot be here%" 8
	case_ "$kernel: a vector on a missing page" damaged vector-missing "64 references at % are missing" 8
	case_ "$kernel: a slab of no cache" damaged slab-of-nobody "a slab of no known cache%" 8
	case_ "$kernel: a reference to no tag" damaged reference-wild "a reference to %, which is no allocation tag" 8
	case_ "$kernel: a chunk without its map" damaged chunk-wild "%0x4141414141414141%" 8
	case $kernel in
	sites-6.12*) ;;
	*)
		case_ "$kernel: a tree with a cycle" damaged tree-cycle "mod_area_mt: % a cycle" 8
		# without names, only counters of its own tell a tag from other memory
		case_ "$kernel: the area is searched instead" equals "SELECT count(*) FROM allocations WHERE unloaded" $((tags - 8))
		case_ "$kernel: an index behind the last tag" damaged index-wild "page frame %: an index behind the last tag" 8
		;;
	esac
done

done_testing
