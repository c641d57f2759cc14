#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SLUB's slabs as the source of objects, in each of its generations: a kernel in which all that is allocated is lost
# (tests/fixtures/kernel/slub), so that the leaks are what the walk takes for allocated. And slabs that cannot be.
# shellcheck source=tests/cli/mini_lib.sh disable=SC2317 # functions are called through case_
. "$(dirname "$0")/mini_lib.sh"
policy=precise

as_expected() {
	analyse 0 "$kernel" "$fixtures/$kernel.vmcore" && verdicts_match "$fixtures/$kernel.expect" &&
		equals "SELECT source FROM runs" allocators && equals "SELECT count(*) FROM anomalies" 0
}

# The objects of the slabs whose names match $1, as a list for SQL.
objects_of() {
	awk -v slab="^($1)\$" '$1 ~ slab { printf "%s\x27%s\x27", comma, $3; comma = ", " }' "$fixtures/$kernel.expect"
}

# Of one object it is known who allocated it, and when; and of the one in KFENCE's pool. KASAN knows of another one.
tracked() {
	local guarded
	case $kernel in
	*-kasan) equals "SELECT top_frame LIKE 'start_kernel+%' FROM findings WHERE pid = 43" 1 || return 1 ;;
	esac
	guarded=$(grep -c '^guarded ' "$fixtures/$kernel.expect")
	equals "SELECT count(*) FROM findings WHERE pid = 42 AND address IN ($(objects_of tracked))" 1 &&
		equals "SELECT count(*) FROM findings WHERE pid > 0 AND pid <> 43" $((1 + guarded)) &&
		{ [ "$guarded" -eq 0 ] || equals "SELECT age_ms IS NULL OR age_ms = 300000, top_frame LIKE 'tidy_init+%'
			FROM findings WHERE address IN ($(objects_of guarded))" 1,1; }
}

# What objects hold tells those of one cache apart.
signs() {
	local seen
	seen=$(sql "SELECT f.symbol || ' ' || count(*) FROM findings d JOIN frames f USING (stack_id)
		WHERE f.symbol LIKE 'holds %' GROUP BY f.symbol ORDER BY 1" | tr -d '\r"' | paste -sd,)
	[ "$seen" = "holds tidy_init [tidy] 1,holds tidy_ops 1" ] || { echo "$seen"; return 1; }
}

# The caches of cgroups are copies: their objects are of the kind of the cache that they are copies of.
copies() {
	equals "SELECT count(DISTINCT stack_hash) FROM findings WHERE address IN ($(objects_of 'full|copied'))" "$1"
}

# The verdicts are those of the undamaged dump, but of the slabs that match $1: none of their objects is reported.
others_keep() {
	awk -v slab="^($1)\$" '$1 ~ slab { $6 = "-" } { print }' "$fixtures/$kernel.expect" >expect && verdicts_match expect
}

# VARIANT SLABS ANOMALY: what is said of the damage; the slabs that are lost to it, and no others.
damaged() {
	"$mkdump" --hostile "$1" "$fixtures/$kernel.kernel" dump && analyse 4 "$kernel" dump && others_keep "$2" &&
		equals "SELECT count(*) > 0 FROM anomalies WHERE kind IN ('slab', 'KFENCE') AND message LIKE '%$3%'" 1
}

# Part of the list of caches is lost, and their slabs with it: nobody is accused, since they may hold anything.
caches_lost() {
	"$mkdump" --hostile caches-end "$fixtures/$kernel.kernel" dump && analyse 4 "$kernel" dump &&
		others_keep 'zoned|tracked|intact|merged|random|copied|large|sheaves|guarded' &&
		equals "SELECT count(*) FROM anomalies WHERE message LIKE 'slabs of caches that could not be read%'" 1
}

# Nothing is known of what the pool holds: it is searched, and so are all objects of the caches that it has slabs of.
pool_lost() {
	"$mkdump" --hostile kfence_pool "$fixtures/$kernel.kernel" dump && analyse 4 "$kernel" dump &&
		equals "SELECT count(*) FROM findings WHERE address IN ($(objects_of 'guarded|zoned'))" 0 &&
		equals "SELECT count(*) FROM anomalies WHERE message = 'the records of the pool cannot be read'" 1
}

# An object that was freed looks allocated: nobody is accused.
quarantine_lost() {
	"$mkdump" --hostile quarantine_wild "$fixtures/$kernel.kernel" dump && analyse 4 "$kernel" dump &&
		equals "SELECT group_concat(DISTINCT verdict) FROM findings" unconfirmed &&
		equals "SELECT count(*) > 0 FROM findings WHERE reason LIKE '%the queues of freed objects%'" 1
}

# What lies in the chunk is not known, and it may hold anything: nobody is accused.
chunk() { # VARIANT ANOMALY
	"$mkdump" --hostile "$1" "$fixtures/$kernel.kernel" dump && analyse 4 "$kernel" dump &&
		all_unconfirmed "$fixtures/$kernel.expect" percpu &&
		equals "SELECT count(*) FROM anomalies WHERE kind = 'per-CPU chunk' AND message LIKE '%$2%'" 1
}

# Another allocator: by name it is refused in words; without, the run says that it knows of no objects.
refused() {
	run analyze --source allocators --vmlinux "$fixtures/bare.vmlinux" "$fixtures/bare.vmcore"
	[ "$status" -eq 3 ] && grep -q 'SLUB can, and SLAB of 3.19 to 6.7' err && analyse 4 bare "$fixtures/bare.vmcore" &&
		equals "SELECT source || ' ' || kmemleak_state FROM runs" "kmemleak absent"
}

for vmcore in "$fixtures"/slub-*.vmcore; do
	kernel=$(basename "$vmcore" .vmcore)
	case_ "$kernel: what is allocated" as_expected
	case_ "$kernel: who allocated it" tracked
	case_ "$kernel: what it holds" signs
	case $kernel in
	slub-4.19-*) case_ "$kernel: caches of cgroups" copies 1 ;;
	*) case_ "$kernel: caches of their own" copies 2 ;;
	esac
done

for kernel in slub-5.10-x86_64 slub-6.12-x86_64 slub-7.3-x86_64; do
	case_ "$kernel: a freelist in a circle" damaged freelist-cycle partial 'cache plain: an object that is free twice'
	case_ "$kernel: a freelist into another slab" damaged freelist-outside partial 'cache plain: %leaves its slab'
	case_ "$kernel: a freelist into an object" damaged freelist-inside partial 'cache plain: %leaves its slab'
	case_ "$kernel: a freelist into nowhere" damaged freelist-nowhere partial 'cache plain: %leaves its slab'
	case_ "$kernel: a slab of no cache" damaged cache-unknown partial 'a slab of no known cache'
	case_ "$kernel: a list of caches that ends early" caches_lost
done
for kernel in slub-6.12-x86_64 slub-7.3-x86_64; do
	case_ "$kernel: more objects in use than there are" damaged inuse-more partial 'cache plain: %9 of 8 objects%'
	case_ "$kernel: fewer objects in use than are not free" damaged inuse-less partial 'cache plain: %another length%'
	case_ "$kernel: more objects than the cache has in a slab" damaged objects-more partial 'cache plain: %5 of 99%'
	case_ "$kernel: a slab that a CPU was stopped in" damaged torn full 'cache plain: a frozen slab that no CPU has%'
done
for kernel in slub-6.1-x86_64 slub-7.3-x86_64; do
	case_ "$kernel: KFENCE: an object in no state" damaged kfence_state guarded '%in state 77%'
	case_ "$kernel: KFENCE: an object longer than its page" damaged kfence_size guarded '%which cannot be'
	case_ "$kernel: KFENCE: an object elsewhere" damaged kfence_address guarded 'records that are damaged'
	case_ "$kernel: KFENCE: an object of no cache" damaged kfence_cache guarded 'an object of no known cache'
	case_ "$kernel: KFENCE: a stack of too many frames" damaged kfence_frames none 'a stack of too many frames'
	case_ "$kernel: KFENCE: a pool that is none" pool_lost
done
for kernel in slub-6.12-x86_64-kasan slub-7.3-x86_64-kasan; do
	case_ "$kernel: a quarantine that leads nowhere" quarantine_lost
done
kernel=slub-6.12-x86_64
case_ "a chunk of per-CPU memory whose map is none" chunk chunk-no-map 'bytes free, and it says'
case_ "a chunk of per-CPU memory whose map is nowhere" chunk chunk-map-wild 'nothing is mapped'
case_ "a cache whose CPU slabs cannot be read" damaged cpu-wild 'fetched|exhausted|kept|returned' 'cache taken: CPU %'
for kernel in slub-4.19-x86_64-hardened slub-6.12-x86_64-hardened slub-7.3-x86_64-hardened; do
	case_ "$kernel: one cache is decoded wrongly" damaged random-one 'partial|empty' 'cache plain: %'
	case_ "$kernel: all caches are decoded wrongly" damaged random-all \
		'partial|empty|fetched|exhausted|kept|returned|zoned|tracked|intact|merged|random|copied|large' 'cache plain: %'
done
case_ "neither SLUB nor kmemleak" refused
done_testing
