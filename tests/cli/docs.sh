#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is written about the program is true: the man page and the README know the commands, options and exit codes that
# the program knows, and no others; what is installed is complete.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
root=$KLEAK_TESTS/..
page=$root/docs/kleak-dump.1

# The page as plain words: no fonts, no escaped minus signs.
sed -e 's/\\f[BIRP]//g' -e 's/\\-/-/g' "$page" >words
options() { # TEXT-FILE: the long options it names
	grep -oE -- '--[a-z][a-z-]*[a-z]' "$1" | sort -u
}

run help
cp out all
commands=$(sed -n 's/^  \([a-z]*\) .*/\1/p' out)
for command in $commands; do
	"$kleak" help "$command" >>all
	grep -qx "\.SS $command" words
	ok $? "the man page has the command $command"
	grep -q "^| \`$command" "$root/README.md"
	ok $? "and so has the README"
done
[ "$(sed -n 's/^\.SS //p' words | grep -cvxF "$commands")" -eq 0 ]
ok $? "the man page has no other commands"

options all >known
# makedumpfile's, in the explanation of --split, is the same word.
options words >described
diff known described >out
ok $? "options of the program (<) and of the man page (>) are the same"
for document in README.md docs/alloc-tag.md docs/marking.md docs/schema.md; do
	options "$root/$document" | comm -13 known - >out
	[ ! -s out ]
	ok $? "$document names no option that does not exist"
done

# X(DEAD_STACK, "live-stacks", "below ..."); those called "no-" are settings of their own.
sed -n '/#define KL_TRAITS/,/^$/s/.*X([A-Z_]*, "\([a-z-]*\)".*/\1/p' "$root/src/heap/facts.h" | grep -v '^no-' | sort >known
sed -n '/^\.BI --precise/,/^\.TP/s/^\.BR \([a-z-]*\).*/\1/p' words | sort >described
[ -s known ] && diff known described >out
ok $? "refinements of facts.h (<) and of the man page (>) are the same"
"$kleak" help analyze | tr -d '\n' | grep -oE -- '--precise .*--min-age' | grep -oE '[a-z]+-[a-z]+|types' | grep -v min-age | sort >described
diff known described >out
ok $? "and those of the help (>)"

sed -n 's/.*KLEAK_EXIT_[A-Z]* = \([0-9]*\),.*/\1/p' "$root/include/kleak/kleak.h" | sed 's/128/128+n/' | sort >known
sed -n '/^\.SH EXIT STATUS/,/^\.SH ENVIRONMENT/s/^\.BI* \([0-9]\{1,3\}+* *n*\)$/\1/p' words | tr -d ' ' | sort >described
diff known described >out
ok $? "exit codes of kleak.h (<) and of the man page (>) are the same"
sed -n 's/^| \([0-9]\{1,3\}[+n]*\) | .*/\1/p' "$root/README.md" | sort >described
diff known described >out
ok $? "and those of the README"

# X(LEAK, 10, "leak", 1, "head of ...")
sed -n 's/.*X([A-Z]*, [0-9]*, "\([a-z]*\)", \([01]\), "\(.*\)").*/| `\1` | \2 | \3 |/p' "$root/include/kleak/kleak.h" |
	sed 's/ 1 / yes /; s/ 0 / no /' >known
sed -n '/^| verdict | leaked/,/^$/p' "$root/docs/schema.md" | tail -n +3 | sed '/^$/d' >described
[ -s known ] && diff known described >out
ok $? "verdicts of kleak.h (<) and of docs/schema.md (>) are the same"

# KL_COUNTER(OBJECTS, "objects", "objects", "tracked by ..."), which may take two lines; members of a family are called
# after a prefix.
sed '/^\/\*/,/\*\//d' "$root/src/store/counters.def" | tr -d '\n' | sed 's/KL_COUNTER/\n&/g; s/$/\n/' |
	sed -n 's/^KL_COUNTER\([_A-Z]*\)([A-Z_]*,\s*"\([^"]*\)",\s*"\([^"]*\)",\s*"\([^"]*\)").*/| `\2\1` | \3 | \4 |/p' |
	sed 's/__FAMILY/_NAME/' >known
sed -n '/^| counter | unit/,/^$/p' "$root/docs/schema.md" | tail -n +3 | sed '/^$/d' >described
[ -s known ] && diff known described >out
ok $? "counters of counters.def (<) and of docs/schema.md (>) are the same"

run help report
sed -n 's/^      \([a-z]*\): .*/\1/p' out >known
sed -n 's/^\.B --format \([a-z]*\)$/\1/p' words >described
diff known described >out
ok $? "formats of report (<) and of the man page (>) are the same"

version=$("$kleak" --version | sed -n 's/^\(kleak-dump .*\)/\1/p')
grep -qF "\"$version\"" words
ok $? "the man page is of this version"
if command -v groff >/dev/null; then
	groff -man -Tutf8 -ww -z "$page" >out 2>&1
	[ ! -s out ]
	ok $? "it is formatted without a warning"
else
	skip "it is formatted without a warning" "no groff"
fi

# Documents show what the program really prints: the commands of a session ("$ kleak-dump ...") are run in a directory with the
# real dumps, and every line shown (but for "...") has to be in what they print, directories of the dumps left out.
session_is_true() { # DOCUMENT KERNEL
	local dir
	if ! dir=$("$KLEAK_TESTS/corpus.sh" "$2"); then
		skip "$1 shows what the program prints" "$dir"
		return
	fi
	ln -sf "$dir"/{vmlinux,A.vmcore,B.vmcore} .
	sed -n 's/^    \(.*\)/\1/p' "$root/$1" | sed -n '/^\$ kleak-dump/,$p' >session
	: >out
	XDG_CACHE_HOME=$scratch/cache PATH=$KLEAK_BUILD:$PATH KLEAK_DB=$scratch/$(basename "$1").db \
		bash -c "$(sed -n 's/^\$ //p' session)" 2>&1 | sed "s|$(realpath "$dir")/||" >really
	grep -v '^\$ \|^ *\.\.\.$' session | while IFS= read -r line; do
		grep -qxF -- "$line" really || printf '%s\n' "$line"
	done >out
	[ -s session ] && [ ! -s out ]
	ok $? "$1 shows what the program prints"
}
session_is_true README.md x86_64-7.3
session_is_true docs/alloc-tag.md x86_64-6.12
session_is_true docs/triage.md x86_64-6.12

# Links of the documents lead somewhere.
(cd "$root" && for file in *.md docs/*.md plugins/*.md; do
	grep -oE '\]\([^)#]+' "$file" | sed 's/^](//' | grep -v '^http' | while read -r link; do
		[ -e "$(dirname "$file")/$link" ] || echo "$file: $link"
	done
done) >out
[ ! -s out ]
ok $? "links in the documents lead to files"

make -s -C "$root" B="$(realpath --relative-to="$root" "$KLEAK_BUILD")" DESTDIR="$scratch/root" PREFIX=/usr install >out 2>&1 &&
	root/usr/bin/kleak-dump --version >out && [ -s root/usr/share/man/man1/kleak-dump.1 ]
ok $? "make install puts the program and its man page under DESTDIR"
gcc -std=c99 -Wall -Wextra -Werror -pedantic -x c -c -o header.o root/usr/include/kleak/kleak.h >out 2>&1
ok $? "the installed header stands alone"
done_testing
