#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# TAP: what compare counts as right and wrong, on a truth and databases of our own.
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

# A machine's folder with one object per line of stdin: role, expect, address, head, jiffies.
make_machine() {
	while read -r role expect address head jiffies; do
		echo "LAB1 pattern $role $expect virtual $address 64 $head ${jiffies:-1000}"
	done >"$work/truth"
	: >"$work/kmemleak"
	for address in "$@"; do
		echo "unreferenced object $address (size 64):"
	done >>"$work/kmemleak"
}

# A database whose findings are the "address verdict head type cache reason" lines of stdin, of a dump made at 2000 jiffies.
make_database() {
	rm -f "$work/db"
	{
		echo "CREATE TABLE findings (run_id, address, verdict, head, type, cache, reason); CREATE TABLE runs (run_id, jiffies, hz);"
		echo "INSERT INTO runs VALUES (1, 2000, 250);"
		while read -r address verdict head type cache reason; do
			echo "INSERT INTO findings VALUES (1, '$address', '$verdict', '$head', '$type', '$cache', '$reason');"
		done
	} | sqlite3 "$work/db"
}

# status WANTED DESCRIPTION [LINE-THAT-MUST-BE-IN-THE-OUTPUT [OPTION]]
status() {
	local got
	"$here/compare" ${4:+"$4"} "$work" "$work/db" >"$work/output" 2>&1
	got=$?
	n=$((n + 1))
	if [ $got -eq "$1" ] && grep -qF -- "${3:-}" "$work/output"; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2: status $got"
		sed 's/^/# /' "$work/output"
	fi
}

a=0xffff888000000040 b=0xffff888000000080 c=0xffff8880000000c0

make_machine "$a" <<<"root leak $a -
child indirect $b $a
user live $c -"
make_database <<<"$a leak
$b indirect $a"
status 0 "a head and its child found" "of 2: kernel found 1, ours 2 (0 weak)"

make_database <<<"$a leak"
status 1 "a child not found" "of 2: kernel found 1, ours 1 (0 weak)"
status 1 "what was not found is named" \
	"wrong: pattern child indirect virtual $b, 64 bytes, head $a: ours says nothing, the kernel nothing"
status 1 "all of it in one row" "    2     1     0     0   50.0   50.0      1      0     0      0       0     0      0      1        0      0        0" --row

make_database <<<"$a leak
$b indirect $c"
status 0 "a child found, with another head" "1 with another head"

make_database <<<"$a leak
$b indirect $a
$c weak"
status 1 "a live object accused, weakly even" "of 1: kernel accused 0, ours 1 (1 weak)"
status 1 "who was accused is named" \
	"wrong: pattern user live virtual $c, 64 bytes, head -: ours says weak, the kernel nothing"

make_database <<<"$a leak
$b indirect $a
$c explained"
status 0 "a live object explained is not accused"

make_database <<<"$a leak
$b weak"
status 1 "more than 2 % of the leaks found weakly only" "of 2: kernel found 1, ours 2 (1 weak)"

make_database <<<"$a leak
$b indirect $a
0xffff888000000100 leak"
status 1 "somebody outside the lab accused" "wrong: outside the lab 0xffff888000000100: ours says leak"

make_machine 0xfff0 <<<"lost weak $a -
hidden white $b -
fresh young $c - 751
cookie leak 0x000000000000fff0 -"
make_database <<<"$a weak
$b explained
$c young
0x000000000000fff0 leak"
status 0 "weak, explained and young where they belong; short addresses in the kernel's text" "of 1: kernel found 1, ours 1 (0 weak)"

make_database <<<"$b leak
$c leak
0x000000000000fff0 leak"
status 1 "a young object called a leak" "of 1: kernel accused 0, ours 1 (0 weak)"

make_machine <<<"fresh young $a - 750"
make_database <<<"$a leak"
status 0 "an object that had five seconds to grow old is lost" "of 1: kernel found 0, ours 1 (0 weak)"
make_database <<<"$a young"
status 1 "and must be found" "wrong: pattern fresh young virtual $a, 64 bytes, head -: ours says young, the kernel nothing, 5000 ms old"

# Seven lost objects, six of them found, one of these weakly; the kernel found as many as there are arguments.
make_dirty_machine() {
	make_machine "$@" < <(for i in 1 2 3 4 5 6 7; do echo "object leak 0x000000000000f$i""00 -"; done)
	make_database < <(for i in 1 2 3 4 5; do echo "0x000000000000f$i""00 leak"; done && echo "0x000000000000f600 weak")
}

make_dirty_machine 0xf100 0xf200 0xf300 0xf400 0xf500
echo churned >"$work/dirt"
status 0 "a churned machine may hide one leak of seven" "of 7: kernel found 5, ours 6 (1 weak)"
echo "natural autoscan=20" >"$work/dirt"
status 1 "one that lived naturally may not"
echo "churned init_on_alloc=1" >"$work/dirt"
status 1 "nor may one that zeroes what it allocates"
make_dirty_machine 0xf100 0xf200 0xf300 0xf400 0xf500 0xf700
echo churned >"$work/dirt"
status 1 "on a churned machine the kernel must have found less" "of 7: kernel found 6, ours 6 (1 weak)"
make_machine <<<"user live $a -
object leak $b -"
make_database <<<"$a weak
$b leak"
status 1 "nobody is accused on a dirty machine either, not even weakly" "of 1: kernel accused 0, ours 1 (1 weak)"
make_database <<<"$b leak"
status 0 "a dirty machine where all is right"
echo muddy >"$work/dirt"
status 3 "dirt of an unknown kind is refused"
rm "$work/dirt"

# Twenty lost objects, as many found as the first argument says, and then as many strangers as the second does.
make_stock_machine() {
	make_machine < <(for i in $(seq 10 29); do echo "object leak 0x000000000000f$i""0 -"; done)
	rm "$work/kmemleak"
	make_database < <(for i in $(seq 10 $((9 + $1))) $(seq 30 $((29 + $2))); do
		echo "0x000000000000f$i""0 leak - file filp nobody knows"
	done)
}

make_stock_machine 19 5
status 0 "a kernel without kmemleak may hide one leak of twenty, and accuse five strangers" "findings outside the lab     kernel 0, ours 5"
status 0 "who they are, and why, is told once" "outside the lab: 5 leak, file, cache filp: nobody knows (0x000000000000f300)"
make_stock_machine 18 5
status 1 "but not two of twenty"
make_stock_machine 19 6
status 1 "nor six strangers"
echo "natural init_on_alloc=0" >"$work/dirt"
make_stock_machine 17 5
status 0 "three of twenty, where nothing is zeroed"
make_stock_machine 16 5
status 1 "but not four"
echo "churned slab_debug=U" >"$work/dirt"
make_stock_machine 19 5
status 0 "whatever it went through"
rm "$work/dirt"

rm "$work/db"
echo "CREATE TABLE other (x);" | sqlite3 "$work/db"
status 3 "a database of another kind is refused"

make_machine <<<"one leak $a -
two leak $a -"
status 3 "a truth that contradicts itself is refused"

echo "1..$n"
