#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Without any vmlinux: types from BTF, addresses from the dump's own kallsyms. The mini kernels have no BTF in memory;
# pahole makes it for them.
# shellcheck source=tests/cli/mini_lib.sh disable=SC2317 # functions are called through case_
. "$(dirname "$0")/mini_lib.sh"

if ! command -v pahole >/dev/null; then
	skip "no vmlinux" "pahole (package dwarves) is not installed"
	done_testing
fi
# shellcheck disable=SC2034 # for mini_lib.sh
policy=precise

make_btf() { # KERNEL
	pahole --btf_encode_detached="$1.btf" "$fixtures/$1.vmlinux" && [ -s "$1.btf" ]
}

alone() { # STATUS KERNEL ARGUMENT...
	local wanted=$1 kernel=$2 got=0
	shift 2
	rm -f db
	# a cache of its own: what an earlier run read of the vmlinux must not help
	XDG_CACHE_HOME=$scratch/cold "$kleak" analyze --quiet --db db "$@" "$fixtures/$kernel.vmcore" >printed 2>complaint || got=$?
	[ "$got" -eq "$wanted" ] && return 0
	echo "kleak-dump ended with $got, expected $wanted"
	head -5 complaint
	return 1
}

complains() { # WORDS
	grep -qF -- "$1" complaint || { cat complaint; return 1; }
}

findings() {
	sql "SELECT address, size, class, verdict FROM findings ORDER BY 1, 2"
}

# What a vmlinux tells, and what does without it.
same_findings() { # KERNEL
	make_btf "$1" && analyse 0 "$1" "$fixtures/$1.vmcore" && findings >with || return 1
	alone 0 "$1" --btf "$1.btf" && findings >without && [ -s with ] && diff with without
}

# The VMCOREINFO of 5.10 does not say where kallsyms is.
for kernel in 6.1-x86_64 5.10-x86_64 5.10-aarch64 demo sites-7.0-x86_64; do
	[ -e "$fixtures/$kernel.vmcore" ] || continue # no cross compiler
	case_ "$kernel: the findings are those of a vmlinux" same_findings $kernel
done

recorded() {
	alone 0 demo --btf demo.btf
	equals "SELECT count(*) FROM runs WHERE vmlinux IS NULL" 1 || return 1
	grep -q 'types  *a file with BTF: no source lines' printed || { head -12 printed; return 1; }
	"$kleak" report --db db --format json | jq -e '.. | objects | select(.types_from? == "btf") | .btf | endswith("/demo.btf")' >/dev/null
}
case_ "the run says where its types come from, and what that costs" recorded

asked_again() {
	local address
	alone 0 demo --btf demo.btf
	address=$(sql "SELECT address FROM findings LIMIT 1" | tr -d '"\r')
	"$kleak" why --db db "$address" >printed 2>complaint || { cat complaint; return 1; }
	grep -q "$address" printed
}
case_ "a question about an object is answered the same way" asked_again

# A module that kmalloc()s structs: by the calls DWARF knows what they are, BTF does not. Nobody is accused for it.
fewer_types() {
	make_btf precise-7.3-x86_64 && analyse 0 precise-7.3-x86_64 "$fixtures/precise-7.3-x86_64.vmcore" &&
		sql "SELECT address FROM findings WHERE verdict = 'leak' ORDER BY 1" >with || return 1
	alone 0 precise-7.3-x86_64 --btf precise-7.3-x86_64.btf &&
		sql "SELECT address FROM findings WHERE verdict = 'leak' ORDER BY 1" >without || return 1
	[ -s without ] && [ -z "$(comm -13 with without)" ]
}
case_ "without the types of calls fewer objects are leaks, and no others" fewer_types

other_kernel() {
	"$mkdump" --vmcoreinfo info "$fixtures/demo.kernel" again.vmcore && sed -i "s/^SIZE(list_head)=16/SIZE(list_head)=24/" info
	alone 3 demo --btf demo.btf --vmcoreinfo info && complains "VMCOREINFO has 24 for list_head, the BTF 16" || return 1
	alone 4 demo --btf demo.btf --vmcoreinfo info --force && grep -q "of another kernel than the dump" printed
}
case_ "BTF that contradicts VMCOREINFO is refused, unless forced" other_kernel

truncated() {
	head -c 5000 demo.btf >half.btf
	alone 3 demo --btf half.btf && complains "half.btf: BTF is truncated"
}
case_ "so is half of one" truncated

case_ "and what is no BTF" eval 'echo text >text.btf; alone 3 demo --btf text.btf && complains "text.btf: "'

newer_kind() { # the first type becomes one of a kind that nobody knows
	cp demo.btf newer.btf && printf '\x7f' | dd of=newer.btf bs=1 seek=31 conv=notrunc status=none
	alone 3 demo --btf newer.btf && complains "newer.btf: BTF type 1 is of kind 127, which this program does not know"
}
case_ "and one with types of a kind that came later" newer_kind

# ---- a kernel that has its types in memory ----

with_btf=6.12-x86_64-btf

# Makes a dump of it that no vmlinux lies beside. # ARGUMENT...
own_dump() {
	"$mkdump" "$@" "$fixtures/$with_btf.kernel" own.vmcore
}

own() { # STATUS ARGUMENT...
	local wanted=$1 got=0
	shift
	rm -f db
	XDG_CACHE_HOME=$scratch/cold "$kleak" analyze --quiet --db db "$@" own.vmcore >printed 2>complaint || got=$?
	[ "$got" -eq "$wanted" ] && return 0
	echo "kleak-dump ended with $got, expected $wanted"
	head -5 complaint printed
	return 1
}

# DWARF knows the types of static variables, too: what only a number among them refers to is weak then, and else held.
memory_alone() {
	analyse 0 "$with_btf" "$fixtures/$with_btf.vmcore" && findings >with || return 1
	own_dump && own 0 && findings >without && [ -s with ] && diff <(grep -v ',weak' with) <(grep -v ',weak' without) &&
		grep -q 'types  *the BTF in the dump: no source lines' printed
}
case_ "the dump alone is enough" memory_alone

packed_alone() {
	own_dump --kdump zlib && own 0 && findings >packed && diff without packed
}
case_ "a compressed one, too" packed_alone

# What makedumpfile left out, or a truncated copy lost.
page_missing() {
	own_dump --drop-page __start_BTF && own 3 && complains "the kernel's BTF: " && complains "is not in the dump" || return 1
	make_btf "$with_btf" && own 4 --btf "$with_btf.btf" && findings >file && diff without file &&
		grep -q "anomaly  *types: the kernel's BTF" printed
}
case_ "a page of its BTF is missing: that is said, and a file with BTF serves, which the run says" page_missing

other_file() {
	own_dump && own 3 --btf demo.btf && complains "demo.btf is not the BTF that the dump's kernel has in memory"
}
case_ "a file with the BTF of another kernel is refused" other_file

damaged_btf() {
	own_dump --patch __start_BTF=0000 && own 3 && complains "the kernel's BTF: no BTF" || return 1
	own_dump --patch __start_BTF+12=ffffff7f && own 3 && complains "the kernel's BTF: BTF is truncated"
}
case_ "damage to the BTF in memory is said in words" damaged_btf

# Without kallsyms there are types, but no addresses.
damaged_kallsyms() {
	own_dump --patch kallsyms_names=7f7f7f7f && own 3 && complains "kallsyms: no _stext at" || return 1
	own_dump --patch kallsyms_offsets+400=00000000 && own 3 && complains "is out of order" || return 1
	own_dump --patch kallsyms_num_syms=ffffff7f && own 3 && complains "kallsyms: 2147483647 symbols" || return 1
	own_dump --patch kallsyms_num_syms=00000000 && own 3 && complains "kallsyms: 0 symbols"
}
case_ "so is damage to its table of symbols" damaged_kallsyms

no_kallsyms() {
	"$mkdump" --vmcoreinfo info "$fixtures/$with_btf.kernel" own.vmcore && sed -i /kallsyms/d info || return 1
	own_dump --no-vmcoreinfo --patch kallsyms_token_table+60=0000000000000000 && own 3 --vmcoreinfo info &&
		complains "kallsyms: VMCOREINFO does not say where, and nothing looks like it" || return 1
	own_dump --no-vmcoreinfo && own 0 --vmcoreinfo info && findings >found && diff without found
}
case_ "a table that nobody names is found, and what does not look like one is not" no_kallsyms

# Of a kernel without CONFIG_KALLSYMS_ALL the table names no variables, and this one exports none.
no_variables() {
	own_dump && "$KLEAK_BUILD/tests/forget-variables" own.vmcore >forgotten || return 1
	own 3 && complains "BTF and symbols have no jiffies_64|jiffies"
}
case_ "without symbols of variables and without exports nothing can be read, and that is said" no_variables

# Neither a vmlinux beside it, nor layouts of an earlier run, nor BTF in it.
nothing() { # ARGUMENT...
	cp "$fixtures/demo.vmcore" bare.vmcore
	XDG_CACHE_HOME=$scratch/empty "$kleak" analyze --quiet --db db "$@" bare.vmcore >printed 2>complaint && return 1
	complains "(build-id"
}
case_ "a dump with neither: both are said" eval 'nothing && complains "and without one: the kernel has no BTF"'
case_ "only a vmlinux may be asked for" eval 'nothing --types-from vmlinux && ! grep -q "without one" complaint'
case_ "or only the dump" eval 'alone 3 demo --types-from btf && complains "the kernel has no BTF"'
case_ "one of them" eval 'alone 2 demo --types-from dwarf && complains "is not auto, vmlinux or btf"'
case_ "not both" eval 'alone 2 demo --btf demo.btf --vmlinux x && complains "choose one"'

done_testing
