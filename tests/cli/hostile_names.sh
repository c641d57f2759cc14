#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Names of tasks, symbols, modules, files, machines that are escape sequences, markup, or end a line, through every command and
# format: nothing of them reaches a terminal as more than text, and documents stay what they are.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
sample_database sample.db
formats=$(sed -n 's/^KL_FORMAT(\([a-z]*\),.*/\1/p' "$KLEAK_TESTS/../src/report/formats.def")

# Escape sequences of 7 and of 8 bits, a carriage return, a line break, markup of three kinds, separators of our own.
evil="char(27) || '[2J' || char(155) || '31m' || char(13) || char(10) || '<script>\`|;*_' || char(8238) || 'x'"
sqlite3 sample.db "UPDATE t_frame SET symbol = $evil || '+0x1/0x2 [' || $evil || ']', file = $evil, line = 1 WHERE id = 2;
	UPDATE t_stack SET top_frame = $evil; UPDATE t_finding SET comm = $evil, reason = $evil;
	UPDATE t_group SET comm = $evil, reason = $evil, explained = $evil;
	UPDATE t_run SET dump = '/' || $evil, release = $evil, host = $evil, label = $evil, command = $evil, partial_why = $evil, partial = 1,
		kmemleak_words = $evil;
	INSERT INTO t_anomaly VALUES (1, 99, $evil, NULL, $evil);
	INSERT INTO t_advice VALUES (1, 1, 'suppression', $evil, $evil, $evil, 'used', $evil, 1, 1), (1, 2, 'plugin', $evil, $evil, $evil, 'failed', $evil, 1, 1)"
ok $? "names are hostile"

harmless() { # NAME: what was printed has no control bytes but tabs and line ends, of one byte or of two
	! LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' out && ! LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' err
	ok $? "$1"
}

for format in $formats; do
	case $format in
	kmemleak | allocinfo) continue ;; # the kernel's very bytes, which mini_hostile.sh is about
	esac
	run report --db sample.db 1 -v --format "$format"
	[ "$status" -eq 4 ] && [ -s out ]
	ok $? "report --format $format"
	harmless "$format is harmless"
	run diff --db sample.db 1 2 -v --format "$format"
	harmless "diff --format $format is harmless"
	case $format in
	json | speedscope) jq -e . out >query ;;
	ndjson) jq -es . out >query ;;
	html) [ "$(grep -c '<script' out)" -eq 3 ] ;;
	markdown) ! grep -v '^    ' out | sed 's/\\.//g; s/``* [^\n]* ``*//g; s/`[^`]*`//g' | grep -q '<script' ;;
	folded) [ "$(wc -l <out)" -eq 2 ] && ! grep -qv ' [0-9]* [0-9]*$' out ;;
	*) true ;;
	esac
	ok $? "and is still what it is"
done
for format in text markdown json ndjson; do
	for by in site module task cache; do
		run report --db sample.db 1 --by "$by" --format "$format"
		harmless "report --by $by --format $format"
	done
done
run report --db sample.db 1 --json
[ "$(jq -r '.groups[0].comm' out)" = "$(sqlite3 sample.db 'SELECT comm FROM t_group LIMIT 1')" ]
ok $? "JSON has the very name"
for command in "runs" "tree 0xffff888000001000" "refs 0xffff888000001000" "why 0xffff888000001000" "report --suppression all 1" \
	"symbolize 1" "audit 1" "query --list"; do
	# shellcheck disable=SC2086 # words
	run ${command%% *} --db sample.db ${command#"${command%% *}"}
	harmless "$command"
	# shellcheck disable=SC2086
	run ${command%% *} --db sample.db --width 20 ${command#"${command%% *}"}
	harmless "$command, on 20 columns"
done
for format in table list json ndjson markdown; do # csv and tsv are data: query.sh
	run query --db sample.db --format "$format" "SELECT comm, reason, top_frame FROM findings"
	harmless "query --format $format"
done
for format in $formats; do
	for bytes in 0 1 50 500; do
		"$kleak" diff --db sample.db 1 2 --format "$format" 2>err | head -c "$bytes" >/dev/null
		left=${PIPESTATUS[0]}
		[ "$left" -le 3 ] || [ "$left" -eq 141 ] || echo "$format/$bytes: $left"
	done
done >out
[ ! -s out ]
ok $? "nobody minds a reader who leaves a comparison"
done_testing
