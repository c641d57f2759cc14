#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Questions about single objects: why, show, refs, tree; and what cannot be answered, in words.
# shellcheck source=tests/cli/mini_lib.sh disable=SC2317 # functions are called through case_
. "$(dirname "$0")/mini_lib.sh"
kernel=7.3-x86_64
policy=precise

address() { # NAME: of an object of the scenario
	awk -v name="$1" '$1 == name { print $3 }' "$fixtures/$kernel.expect"
}

# ---- every word is named, on every generation ----

for expected in "$fixtures"/[0-9]*.expect "$fixtures"/precise-6.*.expect; do
	mini=$(basename "$expected" .expect)
	reconciled() {
		"$KLEAK_BUILD/tests/unit/test_why_corpus" "$fixtures/$mini.vmlinux" "$fixtures" "$fixtures/$mini.vmcore"
	}
	case_ "$mini: every word that holds a finding is named" reconciled
done

# ---- answers ----

"$mkdump" "$fixtures/$kernel.kernel" dump
analyse 0 "$kernel" dump || cat complaint
ask() { # COMMAND ARGUMENT...
	local command=$1
	shift
	run "$command" --db db "$@"
}

ask why "$(address group_1)"
status_is 0 "why a leak is one"
stdout_has "kmemleak: kmemleak's record of the object itself" "only kmemleak knows it"
ask why --json "$(address self_reference)"
json_is '.answers[0].classes' '{"self":2,"kmemleak":1}' "of a leak that points to itself every word is counted"
json_is '.answers[0] | .words_found == ([.classes[]] | add)' true "and all have a class"
json_is '.answers[0] | [.words[].counts] | any' false "none counts"
ask why --json "$(address tail_word)" "$(address chunk_gap)"
json_is '[.answers[].words[].class] | sort | unique' '["across-chunks","across-end","kmemleak"]' "words that a scan steps over"
ask why --json "$(address from_dead_stack)"
json_is '[.answers[0].words[] | select(.holder.kind == "stack") | .holder.name]' '["stack of leakd (300)"]' "a dead stack is named"
ask why "$(address from_grey)"
stdout_has "It is reached through" "the way to a reachable object"
[ "$(grep -c '^  0x' out)" -eq 2 ]
ok $? "has two words"
ask why --json "$(address from_grey)"
json_is '.answers[0] | [.chain[].target][-1] == .address' true "and ends at the object"
json_is '.answers[0].words' '[]' "other words are not searched for"
ask why --json --all "$(address from_grey)"
json_is '.answers[0] | [.words[] | select(.counts)] | length' 1 "unless --all asks for them"
ask why --json "$(address cycle_a)" "$(address cycle_b)"
json_is '[.answers[].classes.leaked]' '[1,1]' "a cycle of two"
inside=$(printf '0x%x' $(($(address group_1) + 5)))
ask why --json "$inside"
json_is ".answers[0].address == \"$(address group_1)\"" true "an address inside the object means the object"
group=$(sql "SELECT stack_hash FROM groups ORDER BY objects DESC LIMIT 1" | tr -d '\r')
ask why --json "$group"
json_is '.answers | length > 5' true "a group means all its findings"
ask why --findings --json
json_is '[.answers[] | .words_found == (([.classes[]] | add) // 0)] | all' true "all findings at once"

ask show "$(address group_1)"
stdout_has "verdict   leak: " "show tells the verdict"
stdout_has "allocated by " "and who allocated it"
ask show --json "$(address chain_head)"
json_is '.object.retained_objects' 3 "what hangs on a leak"
json_is "[.words[].name] | map(select(. != null)) | length" 1 "what it points to is named"
ask show 0xffffffff9501d410
stdout_has "in_data+0x" "static data is named"
ask show --json 0xffffc90040004200
json_is .place.kind '"stack"' "a stack is one"

ask refs --json "$(address chain_middle)"
json_is '[.stored, .references[0].holder.address, .references[0].class]' "[true,\"$(address chain_head)\",\"leaked\"]" \
	"the database knows references to findings"
ask refs --json --from "$(address chain_head)"
json_is '[.stored, .references[0].target]' "[false,\"$(address chain_middle)\"]" "those from it tells the dump"
ask refs --json "$(address from_data)"
json_is '[.stored, .references[0].holder.kind]' '[false,"root"]' "and those to reachable objects"
"$kleak" analyze --quiet --edges all --db all.db --vmlinux "$fixtures/$kernel.vmlinux" dump >printed
run refs --json --from --db all.db "$(address chain_head)"
json_is .stored true "analyze --edges all stores them"
run query --db all.db --format csv "SELECT count(*) > 40 FROM refs"
[ "$(tail -n 1 out | tr -d '\r')" = 1 ]
ok $? "of all objects"
"$kleak" analyze --quiet --edges none --db none.db --vmlinux "$fixtures/$kernel.vmlinux" dump >printed
run query --db none.db --format csv "SELECT count(*) FROM refs"
[ "$(tail -n 1 out | tr -d '\r')" = 0 ]
ok $? "--edges none stores none"

ask tree --json "$(address chain_head)"
json_is '[.objects[] | [.depth, .retained_objects]]' '[[0,3],[1,2],[2,1]]' "tree: a chain of three"
ask tree "$(address chain_middle)"
[ "$(wc -l <out)" -eq 2 ]
ok $? "and what is below its middle"
ask tree --json "$group"
json_is '.objects | length > 5' true "a tree of each leak of a group"
sums() {
	local leaked="(SELECT sum(size) FROM findings WHERE verdict IN ('leak', 'indirect'))"
	equals "SELECT (SELECT sum(retained_bytes) FROM findings WHERE verdict = 'leak') = $leaked" 1 &&
		equals "SELECT sum(retained_bytes) = $leaked FROM groups" 1
}
case_ "what leaks retain adds up to all that is leaked" sums

# ---- per-CPU objects: known by their cookies, held by these or by copies ----

ask_percpu() { # KERNEL
	kernel=$1
	analyse 0 "$kernel" "$fixtures/$kernel.vmcore" || cat complaint
	ask why --json "$(address percpu_lost)"
	json_is '.answers[0] | [.class, .verdict, .size, .words_found == ([.classes[]] | add)]' '["percpu","leak",32,true]' \
		"$kernel: lost per-CPU memory is a leak, by its cookie"
	[[ $(jq -r '.answers[0].reason' out) = *", to its cookie or to one of its copies on 3 CPUs"* ]]
	ok $? "and it is said what was looked for"
	ask why --json "$(address percpu_flagged)" "$(address percpu_copied)"
	json_is '[.answers[] | .verdict, (.chain | length), (.chain[0].holder.name | startswith("in_data"))] | unique' \
		'[true,1,"reachable"]' "words that hold cookies and addresses of copies lead to it"
	ask why --json --all "$(address percpu_flagged)" "$(address percpu_copied)"
	json_is '[.answers[].words[] | select(.counts) | .into]' '[3,8]' "also with the flags of percpu_ref, and into a copy"
	ask refs --json "$(address percpu_copied)"
	json_is '[.references[] | .counts, .holder.kind]' '[true,"root"]' "which refs knows"
	ask refs --json --from "$(address percpu_lost)"
	json_is '.references[0] | [.target, .holder.name]' \
		"[\"$(address in_lost_percpu)\",\"per-CPU object, copy of CPU 1\"]" "and what stands in a copy"
}
for mini in precise-6.1-x86_64 precise-6.8-x86_64 precise-6.12-x86_64 precise-7.3-x86_64; do
	ask_percpu "$mini"
done
ask why --json --all "$(address percpu_start)"
json_is '[.answers[0].words[] | select(.holder.name == "min_percpu_addr") | .class]' '["mask-metadata"]' \
	"that kmemleak knows the lowest cookie is no reference"
kernel=precise-6.1-x86_64
analyse 0 "$kernel" "$fixtures/$kernel.vmcore" || cat complaint
ask show --json "$(address percpu_lost_2)"
json_is '.object | [.class, .address]' "[\"percpu\",\"$(address percpu_lost)\"]" "the address of a copy means the object"
ask show --json "$(address percpu_partial_0)"
json_is '.object | [.class, .verdict]' '["virtual","never reported"]' "copies that cannot be joined stay what they are"
kernel=7.3-x86_64
analyse 0 "$kernel" dump || cat complaint

# ---- what cannot be answered ----

refused() { # TEXT NAME
	status_is 3 "$2"
	one_line_error "in one line"
	stderr_has "$1" "that says: $1"
}
ask why 0x10
refused "not a kernel address, and no tracked object" "an address that is nothing"
ask why 0x7fff12345000
refused "not a kernel address, and no tracked object" "an address of user space"
ask why ffffd00000000000
refused "nothing is mapped there" "an address in a hole"
ask show ffffd00000000000
refused "nothing is mapped there" "shown"
ask why ffffffff9501d41
refused "not a kernel address" "an address that lacks a digit"
ask why 0xffff88804153a000
refused "no tracked object is there; it is in a free page" "an address where no object is"
ask why nothing
status_is 2 "what is no address is a wrong usage"
stderr_has "'nothing' is not an address (hexadecimal)" "and named"
ask why
status_is 2 "why needs an address"
ask tree "$(address from_data)"
refused "no leaked object, and no group of them, in run 1" "the tree of a reachable object"
young=$(sql "SELECT address FROM findings WHERE verdict NOT IN ('leak', 'indirect') LIMIT 1" | tr -d '"\r')
ask tree "$young"
refused "not leaked, but " "the tree of a finding that is no leak"
ask why --run 7 "$(address group_1)"
refused "no run 7" "a run that does not exist"
"$kleak" analyze --quiet --db db --vmlinux "$fixtures/6.12-x86_64.vmlinux" "$fixtures/6.12-x86_64.vmcore" >printed
ask why --run 1 "$(address group_1)"
status_is 0 "one database has several runs"
ask show --run 2 0xffffc90040ff0000
status_is 3 "an address of another run"

touch -d 2001-01-01 dump
ask why --run 1 "$(address group_1)"
status_is 0 "a dump that changed since: the database still knows what a scan saw"
stdout_has "dump: the dump changed since it was analyzed; analyze it again" "and says why it answers"
ask why --run 1 "$(address from_data)"
refused "the dump changed since it was analyzed" "of a reachable object it knows nothing"
ask refs --run 1 "$(address from_data)"
refused "the dump changed since it was analyzed" "nor of references to it"
rm dump
ask why --run 1 "$(address group_1)"
stdout_has "dump: the dump is gone" "a dump that is gone"
ask tree --run 1 "$(address chain_head)"
status_is 0 "the tree needs no dump"

# A missing page hides who holds what: the object is still named, and so is the hole.
"$mkdump" --drop-page in_data "$fixtures/$kernel.kernel" dump
run why --json --dump dump --vmlinux "$fixtures/$kernel.vmlinux" "$(address from_data)"
status_is 0 "a holder in a missing page"
json_is '.answers[0] | [.verdict, ([.words[].counts] | any)]' '["unconfirmed",false]' "is not found, and its object unconfirmed"
run show --dump dump --vmlinux "$fixtures/$kernel.vmlinux" 0xffffffff9501d410
stdout_has "not in the dump" "missing words are shown as such"

run why --dump "$fixtures/$kernel.vmcore" --vmlinux "$fixtures/$kernel.vmlinux" --db nothing.db "$(address group_1)"
status_is 0 "a dump can be asked without a database"
[ ! -e nothing.db ]
ok $? "and none is made"

# The run is made once more from wherever the question is asked.
cp "$fixtures/$kernel.vmlinux" here.vmlinux
mkdir -p folder elsewhere
run analyze --db relative.db --vmlinux here.vmlinux --modules folder dump
run query --db relative.db --format csv "SELECT vmlinux FROM runs"
[ "$(tail -n 1 out | tr -d '\r"')" = "$(realpath here.vmlinux)" ]
ok $? "files are stored by their whole names"
cd elsewhere && run why --db ../relative.db "$(address group_1)" && cd ..
status_is 0 "so that it does not matter where the question is asked"
done_testing
