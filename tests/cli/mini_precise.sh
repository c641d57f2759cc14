#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the policy precise knows beyond the kernel, refinement by refinement: the verdict of every object with it and
# without it (tests/fixtures/kernel/precise/objects.def), what --explain-policy says each one changed, and sweeps.
# shellcheck source=tests/cli/mini_lib.sh disable=SC2317 # functions are called through case_
. "$(dirname "$0")/mini_lib.sh"
# shellcheck disable=SC2034 # for mini_lib.sh
policy=precise
# All objects of these kernels have few stacks, and most are lost: stray words are a matter of their own, below.
# shellcheck disable=SC2034
always=(--siblings no)

# The options that stand for what objects.def calls SETTING.
options_of() { # KERNEL SETTING
	case $2 in
	precise | kernel) ;;
	registers | interior | untracked | types | percpu) echo "--$2 no" ;;
	strict) echo "--untracked strict" ;;
	stacks) echo "--stacks none" ;;
	age) echo "--min-age 0" ;;
	scans) echo "--min-unref-scans 2" ;;
	root) echo "--root $(nm "$fixtures/$1.kernel" | awk '$3 == "outside" { print $1 }'),32" ;;
	module) echo "--modules $fixtures/$1.modules" ;;
	*) echo "--precise=-$2" ;;
	esac
}

# The verdicts of file $2 under setting $1, as verdicts_match takes them.
settle() {
	awk -v "setting=$1" '{
		n = split($6, parts, ",")
		$6 = parts[1]
		for (i = 2; i <= n; i++)
			if (index(parts[i], setting "=") == 1) $6 = substr(parts[i], length(setting) + 2)
		print
	}' "$2"
}

under() { # KERNEL SETTING
	local always=("${always[@]}") policy=$policy
	[ "$2" != kernel ] || { always=() policy=kernel; }
	# shellcheck disable=SC2046 # no option, or an option and its value
	analyse 0 "$1" $(options_of "$1" "$2") "$fixtures/$1.vmcore" &&
		settle "$2" "$fixtures/$1.expect" >settled && verdicts_match settled
}

# The settings that change something in kernel $1, by its own table.
settings_of() {
	awk '{
		n = split($6, parts, ",")
		for (i = 2; i <= n; i++) { sub(/=.*/, "", parts[i]); print parts[i] }
	}' "$fixtures/$1.expect" | sort -u | paste -sd' '
}

# Nothing may vanish from the tables unnoticed: the settings that every kernel has, and those that came or went.
settings_are() { # KERNEL SETTING...
	local kernel=$1 wanted
	shift
	wanted=$(printf '%s\n' age interior kernel live-stacks mask-metadata mask-slack mask-vmap module registers root \
		stack-once stacks start-frames strict struct-pages \
		types untracked "$@" | sort | paste -sd' ')
	[ "$(settings_of "$kernel")" = "$wanted" ] || { settings_of "$kernel"; echo "expected $wanted"; return 1; }
}

# What --explain-policy has to print: of every refinement the objects and bytes that are found only with it, and that
# are spared by it; computed from the tables of verdicts.
changes() { # KERNEL
	awk '
		function severity(verdict) {
			return verdict == "leak" || verdict == "indirect" ? 2 : verdict == "weak"
		}
		BEGIN {
			n = split("live-stacks stack-once mask-metadata mask-sheaves mask-vmap mask-modules mask-slack mask-percpu " \
				"percpu-exact types registers state-members start-frames struct-pages percpu untracked", order, " ")
		}
		{
			parts = split($6, part, ",")
			for (i = 2; i <= parts; i++) {
				split(part[i], change, "=")
				column = severity(part[1]) - severity(change[2])
				if (!column) continue
				column = change[1] (column > 0 ? "+" : "-")
				objects[column]++
				bytes[column] += $4
			}
		}
		END {
			for (i = 1; i <= n; i++)
				print order[i], objects[order[i] "+"] + 0, bytes[order[i] "+"] + 0,
					objects[order[i] "-"] + 0, bytes[order[i] "-"] + 0
		}' "$fixtures/$1.expect"
}

explained() { # KERNEL
	analyse 0 "$1" --explain-policy "$fixtures/$1.vmcore" || return 1
	changes "$1" >wanted
	sed -n '/^refinement /,/^Types /p' printed | sed '1d;$d' | awk '{ print $1, $2, $3, $4, $5 }' | diff wanted -
}

# Sessions, one file, one pid, the areas of vmalloc, socket buffers, the dentry, its name and the string have types.
types_counted() { # KERNEL
	analyse 0 "$1" --explain-policy "$fixtures/$1.vmcore" || return 1
	grep -q '^Types are known of 12 objects in 5 slab caches and of [1-9].* shared (1), .* another size (1) or is not known (2)$' printed ||
		{ grep '^Types' printed; return 1; }
	equals "SELECT group_concat(name || '=' || value, ' ') FROM (SELECT name, value FROM measurements
		WHERE name LIKE '%typed_%s%' AND name NOT IN ('typed_variables', 'object_typed_bytes') ORDER BY name)" \
		"typed_caches=5 typed_objects=12 typed_objects_by_call_site=1 typed_strings=1 untyped_caches_of_another_size=1 untyped_caches_of_unknown_struct=2 untyped_caches_shared=1"
}

# Every byte that may hold a reference is of known type, erased, or neither; who reads the report is told. Nothing in these
# kernels was erased but what is never freed.
memory_told() { # KERNEL
	analyse 0 "$1" "$fixtures/$1.vmcore" || return 1
	grep -q '^memory    [0-9]*% of it in objects of known type, [0-9]*% erased when allocated, [0-9]*% may hold leftovers$' \
		printed || { grep '^memory' printed; return 1; }
	equals "SELECT count(*), min(value) > 0 FROM measurements WHERE name GLOB 'object_*_bytes'" 3,1 &&
		equals "SELECT count(*), sum(value) FROM measurements WHERE name GLOB 'init_on_*'" 2,0
}

# The address that the expectations have for the object called $2.
address_of() { # KERNEL NAME
	awk -v "name=$2" '$1 == name { print $3 }' "$fixtures/$1.expect"
}

says() { # KERNEL NAME REASON
	local got
	got=$(sql "SELECT reason FROM findings WHERE address = '$(address_of "$1" "$2")'" | tr -d '\r"')
	# which object it is, where only the member is asked for
	case $3 in *" of 0x"*) ;; *) got=${got% of 0x*} ;; esac
	[ "$got" = "$3" ] || { echo "$2: $got"; echo "expected: $3"; return 1; }
}

# Who holds what is weakly referenced, and where the word is that explains an object.
reasons() { # KERNEL
	local weak="its address is only in fields that are not pointers" frames
	analyse 0 "$1" "$fixtures/$1.vmcore" || return 1
	says "$1" typed_integer "$weak: session.stamp of 2 objects" &&
		says "$1" behind_integer "$weak: the weakly referenced object at $(address_of "$1" typed_integer)" &&
		says "$1" typed_hole "$weak: session (padding at 40) of $(address_of "$1" session_0)" &&
		says "$1" typed_nested "$weak: session.pair.high" &&
		says "$1" alias_integer "$weak: file.f_version" &&
		says "$1" dentry_integer "$weak: dentry.d_time" &&
		says "$1" behind_text "$weak: string (padding at 16)" &&
		says "$1" in_percpu_integer "$weak: variable percpu_integers" || return 1
	frames=$(nm "$fixtures/$1.kernel" | awk '$3 == "frames" { print $1 }')
	says "$1" in_tail_page "a page straight from the page allocator, which kmemleak does not scan, holds its address at $(
		printf '0x%x' $((0x$frames + 14 * 4096 + 30 * 8)))" &&
		says "$1" behind_explained "reachable through the object at $(address_of "$1" in_used_page), which is explained itself"
}

# Of variables of a module, too.
module_reasons() { # KERNEL
	local weak="its address is only in fields that are not pointers"
	analyse 0 "$1" --modules "$fixtures/$1.modules" "$fixtures/$1.vmcore" &&
		says "$1" in_module_integer "$weak: variable leaky_state" &&
		says "$1" in_module_percpu "$weak: variable leaky_counts"
}

# --stacks full is --precise=-live-stacks by another name, --types no is --precise=-types.
same() { # KERNEL SETTING OPTION...
	local kernel=$1 setting=$2
	shift 2
	analyse 0 "$kernel" "$@" "$fixtures/$kernel.vmcore" &&
		settle "$setting" "$fixtures/$kernel.expect" >settled && verdicts_match settled
}

# Beyond any object's age nothing is a leak, or weak.
all_young() { # KERNEL
	analyse 0 "$1" --min-age 1000 "$fixtures/$1.vmcore" &&
		equals "SELECT count(*) > 0, sum(verdict <> 'young') FROM findings" 1,0
}

# Every row of a sweep is what a run of its own finds.
sweep() { # KERNEL ROWS NAME=VALUE,VALUE...
	local kernel=$1 rows=$2 dimension row i options
	shift 2
	options=()
	for dimension in "$@"; do options+=(--sweep "$dimension"); done
	analyse 0 "$kernel" "${options[@]}" "$fixtures/$kernel.vmcore" || return 1
	sed -n "/^${1%%=*} /,\$p" printed | sed 1d | tr -s ' ' | sed 's/ *$//' >table
	[ "$(cut -d' ' -f"1-$#" table | sort -u | wc -l)" -eq "$rows" ] || { cat table; return 1; }
	while read -r -a row; do
		options=()
		for ((i = 1; i <= $#; i++)); do options+=("--${!i%%=*}" "${row[i - 1]}"); done
		analyse 0 "$kernel" "${options[@]}" "$fixtures/$kernel.vmcore" || return 1
		echo "${row[*]:0:$#} $(sql "SELECT sum(verdict = 'leak') || ' ' || sum(verdict = 'indirect')
			|| ' ' || sum(verdict = 'weak') || ' ' || sum(verdict = 'explained') || ' ' || sum(verdict = 'unconfirmed')
			|| ' ' || sum(verdict = 'modified') || ' ' || sum(verdict = 'young') || ' ' ||
			sum(CASE WHEN verdict IN ('leak', 'indirect') THEN size ELSE 0 END) AS row FROM findings" | tr -d '\r"')"
	done <table >single
	diff single table
}

# In JSON the answers are members of the run's own object, with the numbers of the text.
answers_in_json() { # KERNEL
	local asked=(--explain-policy --sweep "stacks=live,none" --sweep "min-age=0,5")
	analyse 0 "$1" "${asked[@]}" "$fixtures/$1.vmcore" || return 1
	{
		sed -n '/^refinement /,/^Types /p' printed | sed '1d;$d'
		sed -n '/^stacks /,$p' printed | sed 1d
	} | tr -s ' ' | sed 's/ *$//' >table
	analyse 0 "$1" --json "${asked[@]}" "$fixtures/$1.vmcore" || return 1
	jq -r '(.refinements[] | [.name, .found, .found_bytes, .spared, .spared_bytes]),
		(.sweep[] | [.settings.stacks, .settings."min-age", .leak, .indirect, .weak, .explained, .unconfirmed,
			.modified, .young, .leaked_bytes]) | join(" ")' printed | diff table - || return 1
	[ "$(jq -c '[has("disagreements"), (.sweep | length), (.groups | length > 0)]' printed)" = '[false,4,true]' ] || return 1
	analyse 0 "$1" --json "$fixtures/$1.vmcore" &&
		[ "$(jq -c '[has("refinements"), has("sweep"), has("disagreements")]' printed)" = '[false,false,false]' ]
}

# A sweep varies types also where the run itself does without.
sweeps_types() { # KERNEL
	local types
	for types in yes no; do
		analyse 0 "$1" --types "$types" --sweep types=yes,no "$fixtures/$1.vmcore" || return 1
		sed -n '/^types /,$p' printed >"swept_$types"
	done
	[ "$(sed 1d swept_yes | sed 's/^[a-z]*//' | sort -u | wc -l)" -eq 2 ] && diff swept_yes swept_no
}

# A sweep of stacks leaves stack-once as the run has it: the row of what the run has anyway is what the run found.
sweep_leaves_refinements() { # KERNEL
	local counts
	counts="SELECT sum(verdict = 'leak') || ' ' || sum(verdict = 'indirect') FROM findings"
	analyse 0 "$1" "$fixtures/$1.vmcore" || return 1
	sql "$counts" >otherwise
	analyse 0 "$1" --precise=-stack-once --sweep stacks=live "$fixtures/$1.vmcore" || return 1
	sql "$counts" | tr -d '\r"' >found
	sed -n '/^stacks /,$p' printed | awk '$1 == "live" { print $2, $3 }' | diff found - && ! cmp -s found otherwise
}

# The verdicts of the undamaged dump, but for the objects that are listed: NAME=VERDICT.
verdicts_but() { # KERNEL NAME=VERDICT...
	local kernel=$1
	shift
	settle precise "$fixtures/$kernel.expect" | awk -v "changed=$*" '
		BEGIN {
			n = split(changed, list, " ")
			for (i = 1; i <= n; i++) { split(list[i], pair, "="); verdict[pair[1]] = pair[2] }
		}
		$1 in verdict { $6 = verdict[$1] }
		{ print }' >settled
	verdicts_match settled
}

# What is damaged loses the refinement, with one anomaly of that kind; nothing else changes.
lost() { # STATUS KIND TEXT MKDUMP-OPTIONS NAME=VERDICT...
	local status=$1 kind=$2 text=$3
	# shellcheck disable=SC2086 # several options
	"$mkdump" $4 "$fixtures/$kernel.kernel" dump || return 1
	shift 4
	analyse "$status" "$kernel" dump && verdicts_but "$kernel" "$@" &&
		equals "SELECT count(*), sum(kind = '$kind' AND message LIKE '$text') FROM anomalies" 1,1 &&
		equals "SELECT partial FROM runs" 1
}

# The same where roots may be lost with it: nobody is accused. The objects named are no findings then.
lost_roots() { # KIND TEXT MKDUMP-OPTIONS OBJECTS
	# shellcheck disable=SC2086 # several options
	"$mkdump" $3 "$fixtures/$kernel.kernel" dump || return 1
	analyse 4 "$kernel" dump && all_unconfirmed "$fixtures/$kernel.expect" "$4" &&
		equals "SELECT count(*), sum(kind = '$1' AND message LIKE '$2') FROM anomalies" 1,1
}

# The same, where nothing is wrong with the dump: the cache's objects have no type, and it is counted.
resized() {
	"$mkdump" --hostile cache-resized "$fixtures/$kernel.kernel" dump &&
		analyse 0 "$kernel" dump && verdicts_but "$kernel" alias_integer=-
}

# The list is read once, so the cycle is one anomaly, and the slabs of the caches behind it are one more. They have no types.
caches_in_a_cycle() {
	"$mkdump" --hostile caches-cycle "$fixtures/$kernel.kernel" dump &&
		analyse 4 "$kernel" dump && verdicts_but "$kernel" dentry_integer=- name_function=- name_text=- \
			behind_text=- vm_of_idle=- dead_node=leak \
			behind_packet=- behind_frag=- &&
		equals "SELECT count(*), sum(kind = 'list' AND message LIKE 'slab_caches: cycle after % nodes'),
			sum(kind = 'slab' AND message LIKE 'slabs of caches that could not be read (% times)') FROM anomalies" 2,1,1
}

# What is missing may have held the reference: nothing is called a leak.
missing_root() { # PAGE
	"$mkdump" --drop-page "$1" "$fixtures/$kernel.kernel" dump && analyse 4 "$kernel" dump &&
		equals "SELECT count(*) > 0, sum(verdict IN ('leak', 'indirect')), sum(verdict = 'unconfirmed') > 0 FROM findings" \
			1,0,1 && equals "SELECT partial FROM runs" 1
}

# Nor where a page is missing that might have explained it; who does not ask such pages misses nothing.
missing_untracked() {
	local page
	page=$(nm "$fixtures/$kernel.kernel" | awk '$3 == "frames" { print $1 }')
	missing_root "$(printf '0x%x' $((0x$page + 12 * 4096)))" && analyse 0 "$kernel" --untracked no dump &&
		settle untracked "$fixtures/$kernel.expect" >settled && verdicts_match settled
}

for expected in "$fixtures"/precise-*.expect; do
	kernel=$(basename "$expected" .expect)
	case $kernel in
	*-6.1-x86_64) case_ "$kernel: what it tests" settings_are "$kernel" percpu percpu-exact ;;
	*-6.8-x86_64) case_ "$kernel: what it tests" settings_are "$kernel" percpu percpu-exact mask-percpu ;;
	*-6.12-x86_64) case_ "$kernel: what it tests" settings_are "$kernel" mask-modules mask-percpu percpu-exact ;;
	*-6.12-aarch64) case_ "$kernel: what it tests" settings_are "$kernel" mask-modules mask-percpu ;;
	*-7.0-x86_64) case_ "$kernel: what it tests" settings_are "$kernel" mask-percpu mask-sheaves ;;
	*) case_ "$kernel: what it tests" settings_are "$kernel" mask-percpu mask-sheaves scans ;;
	esac
	for setting in precise $(settings_of "$kernel"); do
		case_ "$kernel: $setting" under "$kernel" "$setting"
	done
	case_ "$kernel: what each refinement changed" explained "$kernel"
	case_ "$kernel: how far types are known" types_counted "$kernel"
	case_ "$kernel: what memory may hold" memory_told "$kernel"
	case_ "$kernel: reasons" reasons "$kernel"
	case_ "$kernel: variables of a module" module_reasons "$kernel"
	case_ "$kernel: --stacks full" same "$kernel" live-stacks --stacks full
	case_ "$kernel: stacks leave stack-once alone" same "$kernel" stack-once --precise=-stack-once --stacks live
	case_ "$kernel: also before it" same "$kernel" stack-once --stacks live --precise=-stack-once
	case_ "$kernel: --precise=-types" same "$kernel" types --precise=-types
	case_ "$kernel: --min-age beyond all" all_young "$kernel"
done

for kernel in precise-6.1-x86_64 precise-7.3-x86_64 precise-7.3-aarch64; do
	[ -e "$fixtures/$kernel.kernel" ] || { skip "$kernel" "no cross compiler when the fixtures were built"; continue; }
	special="on_dead_irq_stack=-"
	[ "$kernel" = precise-7.3-aarch64 ] && special+=" on_overflow_stack=-" ||
		special+=" on_exception_stack=- on_entry_stack=-"
	case_ "$kernel: a saved stack pointer in another stack" lost 4 stack '%of task 301 is outside its stack%' \
		'--hostile sp-outside' just_below=- below_saved=- at_start=- in_saved=-
	case_ "$kernel: a saved stack pointer behind its stack" lost 4 stack '%of task 301 is outside its stack%' \
		'--hostile sp-just-outside' just_below=- below_saved=- at_start=- in_saved=-
	case_ "$kernel: tasks in a cycle" lost_roots list 'init_task.tasks%cycle%' '--hostile task-cycle' ''
	case_ "$kernel: tasks to a wild address" lost_roots list 'init_task.tasks%' '--hostile task-wild' ''
	# shellcheck disable=SC2086 # several objects
	case_ "$kernel: no registers" lost 4 registers '%registers of 0 of 3 CPUs%' \
		'--no-registers 0 --no-registers 1 --no-registers 2' \
		in_register=leak below_registers=- $special
	# shellcheck disable=SC2086
	case_ "$kernel: no registers of a CPU on a task's stack" lost 4 registers '%registers of 2 of 3 CPUs%' \
		'--no-registers 1' in_register=leak below_registers=- $special
	# shellcheck disable=SC2086
	case_ "$kernel: no registers of a CPU on its own stack" lost 4 registers '%registers of 2 of 3 CPUs%' \
		'--no-registers 2 --kdump zlib' $special
	case_ "$kernel: callbacks in a circle" lost 4 'rcu callbacks' '%circle%' '--hostile rcu-cycle'
	case_ "$kernel: a cache of another size than its struct" resized
done
kernel=precise-7.3-x86_64
case_ "an absurd number of lists of free areas" lost_roots vmalloc 'nr_vmap_nodes is %' '--hostile vmap-nodes' \
	'vm_of_(lazy|pooled|purged|idle)'
case_ "a sheaf with more objects than slots" lost 4 sheaf '%of 4 slots claims 5 objects' '--hostile sheaf-overfull' \
	behind_main=-
case_ "an absurd size of sheaves" lost 4 sheaf '%has sheaves of 1048576 slots' '--hostile sheaf-absurd' \
	behind_main=- behind_spare=- behind_rcu_free=- behind_full=- behind_empty=-
case_ "slab caches in a cycle" caches_in_a_cycle
case_ "more asked for than an area has" lost 4 slack '%of 4096 bytes, for which 65536 were asked' '--hostile area-absurd' \
	behind_area=-
case_ "a socket buffer with more data than room" lost 4 slack '%with 384 bytes of room and data up to 65536' \
	'--hostile skb-absurd' behind_packet=-
case_ "a socket buffer with too many fragments" lost 4 slack '%with 9 of 4 fragments' '--hostile frags-absurd' \
	behind_frag=-
for page in in_data percpu_units frames stack_daemon+0x3f00 stack_daemon_worker+0x3f00; do
	case_ "a page that may hold references is missing: $page" missing_root "$page"
done
case_ "a page of the page allocator is missing" missing_untracked
case_ "a sweep is what single runs are: stacks, ages, registers" sweep "$kernel" 24 \
	stacks=live,full,none min-age=0,5 interior=yes,no registers=yes,no
case_ "a sweep is what single runs are: types, untracked pages, scans" sweep "$kernel" 12 \
	types=yes,no untracked=no,yes min-unref-scans=0,2,4
case_ "a sweep varies types that the run does without" sweeps_types "$kernel"
case_ "in JSON, refinements and sweeps are what they are as text" answers_in_json "$kernel"

# One word of a sheaf is all that leads to in_sheaf, and a hundred objects of its stack are lost.
stray() { # KERNEL
	local address
	address=$(awk '$1 == "in_sheaf" { print $3 }' "$fixtures/$1.expect")
	analyse 0 "$1" "$fixtures/$1.vmcore" || return 1
	equals "SELECT count(*) FROM findings WHERE address = '$address'" 0 || return 1
	always=()
	analyse 0 "$1" "$fixtures/$1.vmcore" || return 1
	equals "SELECT verdict || ': ' || (reason LIKE '%nobody is known to have initialized%') FROM findings WHERE address = '$address'" "weak: 1"
}
case_ "a stray word does not save an object whose siblings are lost" stray precise-7.0-x86_64

# Nor does one in a page that nobody tracks: it no longer explains the object, and what follows.
stray_in_page() { # KERNEL
	local verdicts
	verdicts="SELECT group_concat(verdict, ' ') FROM (SELECT verdict FROM findings WHERE address IN
		('$(address_of "$1" in_used_page)', '$(address_of "$1" behind_explained)') ORDER BY address)"
	always=(--siblings no)
	analyse 0 "$1" "$fixtures/$1.vmcore" || return 1
	equals "$verdicts" 'explained explained' || return 1
	always=()
	analyse 0 "$1" "$fixtures/$1.vmcore" || return 1
	equals "$verdicts" 'weak weak' &&
		equals "SELECT count(*) FROM findings WHERE address = '$(address_of "$1" in_tail_page)' AND verdict = 'weak'
			AND reason GLOB '*; one of them stands at 0x* in a page straight from the page allocator'" 1
}
case_ "nor does one in an untracked page" stray_in_page "$kernel"
case_ "a sweep of stacks leaves stack-once alone" sweep_leaves_refinements "$kernel"
[ -e "$fixtures/precise-7.3-aarch64.expect" ] || skip "aarch64" "no cross compiler when the fixtures were built"
done_testing
