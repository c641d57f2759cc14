#!/bin/bash
# Unpacks one kernel of the corpus of real dumps into the build directory, once, and prints the directory that holds it.
# usage: dir=$(tests/corpus.sh x86_64-6.12) || skip "$dir"
# Without that kernel it prints the reason instead and ends with 1. $KLEAK_CORPUS and $KLEAK_BUILD are set by tests/run.
set -eu
name=$1
corpus=${KLEAK_CORPUS:-$(dirname "$0")/../../shared/corpus}
target=${KLEAK_BUILD:-$(dirname "$0")/../build}/corpus/$name

[ -d "$corpus/$name" ] || { echo "no corpus: $corpus/$name is not there (set KLEAK_CORPUS)"; exit 1; }
corpus=$(cd "$corpus" && pwd)
mkdir -p "$target"
target=$(cd "$target" && pwd)
exec 9>"$target/.lock"
flock 9
for file in "$corpus/$name"/*; do
	unpacked=$target/$(basename "$file" .xz)
	[ -e "$unpacked" ] && [ ! "$file" -nt "$unpacked" ] && continue
	case $file in
	*.xz)
		xz -dc "$file" >"$unpacked.part" || { rm -f "$unpacked.part"; echo "$file does not unpack"; exit 1; }
		mv "$unpacked.part" "$unpacked"
		;;
	*) ln -sf "$file" "$unpacked" ;;
	esac
done
echo "$target"
