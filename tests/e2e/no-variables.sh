#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# TAP: the smallest stock dump of each kernel, made to look as if it had been built without CONFIG_KALLSYMS_ALL
# (forget-variables), and analyzed without its vmlinux: nobody may be accused, and nearly as much be found.
set -u
here=$(cd "$(dirname "$0")" && pwd)
cache=${KLEAK_E2E:-${XDG_CACHE_HOME:-$HOME/.cache}/kleak-dump-e2e}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

judge() { # FOLDER
	local options=()
	case ${1##*/} in *-6.1-*) options=(--old) ;; esac
	cp "$1/vmcore" "$work/vmcore" && "$KLEAK_BUILD/tests/forget-variables" "${options[@]}" "$work/vmcore" || return
	rm -f "$work/db"
	"$KLEAK_BUILD/kleak-dump" analyze --quiet --types-from btf --db "$work/db" "$work/vmcore" || return
	"$here/compare" "$1" "$work/db"
}

for folder in "$cache"/stock-*-512M; do
	[ -e "$folder/vmcore" ] || continue
	n=$((n + 1))
	if judge "$folder" >"$work/said" 2>&1; then
		echo "ok $n - ${folder##*/} without symbols of variables"
	else
		sed 's/^/# /' "$work/said"
		echo "not ok $n - ${folder##*/} without symbols of variables"
	fi
done
[ $n -gt 0 ] || { n=1; echo "ok 1 - stock dumps without symbols of variables # SKIP no stock dumps (make test-e2e)"; }
echo "1..$n"
