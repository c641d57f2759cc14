#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The page of `report --format html`: one file, small, asking for nothing, with nothing of a dump taken for markup; and, where
# there is a browser, used in it: search, sorting, zoom, keys, colors, a phone, accessibility. The browser is chromium; what
# drives it, playwright-core, and axe-core come from npm, into $KLEAK_NPM (scripts/browser-deps puts them there).
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
sample_database sample.db
npm=${KLEAK_NPM:-${KLEAK_CACHE:-$HOME/.cache/kleak-dump-tests}/npm}
chromium=$(command -v chromium || command -v chromium-browser)
shots=${KLEAK_SCREENSHOTS:-$scratch}

data() { # FILE: the JSON inside of it
	sed -n '/<script type="application\/json" id="data">/,/^<\/script>/p' "$1" | sed '1d;$d'
}

browse() { # FILE EXPECTATION NAME: every line of the browser's TAP is a test of ours
	local line
	if [ -z "$chromium" ] || ! [ -d "$npm/node_modules/playwright-core" ] || ! [ -d "$npm/node_modules/axe-core" ]; then
		skip "$3 in a browser" "needs chromium, and playwright-core and axe-core in $npm (scripts/browser-deps)"
		return
	fi
	NODE_PATH=$npm/node_modules CHROMIUM=$chromium node "$KLEAK_TESTS/browser/report.js" "$1" "$shots" "$2" >browser 2>&1
	while read -r line; do
		case $line in
		"ok - "*) count=$((count + 1)); echo "ok $count - $3: ${line#ok - }" ;;
		"not ok - "*) count=$((count + 1)); failures=$((failures + 1)); echo "not ok $count - $3: ${line#not ok - }" ;;
		*) echo "# $line" ;;
		esac
	done <browser
	grep -q '^ok' browser
	ok $? "$3: the browser ran"
}

run report --db sample.db --format html 1
status_is 0 "a page"
cp out page.html
data page.html >data.json && jq -e '.groups | length > 0' data.json >query 2>&1
ok $? "with the report as JSON in it"
"$kleak" report --db sample.db --json 1 >report.json
[ "$(jq -S . report.json)" = "$(jq -S . data.json)" ]
ok $? "the same as --format json"
! grep -oE '(src|href)="[^#"][^"]*"|https?://[^ "]*' page.html | grep -v '^https://d3js.org/d3-hierarchy/$' | grep . >out
ok $? "that names nothing to load"
run report --db sample.db --format html 77
status_is 3 "no page of a run that does not exist"
stdout_is "" "not even half of one"

run diff --db sample.db --format html 1 2
status_is 1 "a page of a comparison"
cp out diff.html
data diff.html >data.json
"$kleak" diff --db sample.db --json 1 2 >report.json
[ "$(jq -S . report.json)" = "$(jq -S . data.json)" ]
ok $? "with the JSON of it"

# Names that would be markup, a script, the end of one.
cp sample.db hostile.db
sqlite3 hostile.db "UPDATE t_frame SET symbol = '</script><img src=x onerror=window.hacked=1>+0x1/0x2 [<b>bold</b>]',
		file = '</textarea><script>window.hacked=1</script>.c', line = 7 WHERE id = 2;
	UPDATE t_stack SET top_frame = '<!--<script>';
	UPDATE t_finding SET comm = '\"><svg onload=hacked=1>', reason = '<iframe src=javascript:alert(1)>';
	UPDATE t_group SET comm = '''><svg/onload=hacked=1>';
	UPDATE t_run SET dump = '/tmp/<script>alert(1)</script>', partial_why = '<a href=javascript:hacked=1>x</a>', partial = 1;
	INSERT INTO t_anomaly VALUES (1, 99, '<i>', NULL, '<object data=x>&lt;');"
run report --db hostile.db --format html 1
status_is 4 "a page of hostile names"
cp out hostile.html
[ "$(grep -c '<script' hostile.html)" -eq 3 ] && [ "$(grep -c '</script>' hostile.html)" -eq 3 ] && ! data hostile.html | grep -q '[<>&]'
ok $? "in the data no character that HTML has a meaning for"
run diff --db hostile.db --format html 1 2
cp out hostile-diff.html
[ "$(grep -c '<script' out)" -eq 3 ] && [ "$(grep -c '</script>' out)" -eq 3 ] && ! data out | grep -q '[<>&]'
ok $? "nor in those of a comparison"

# Ten thousand groups, each with a stack of its own.
cp sample.db large.db
sqlite3 large.db "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
	INSERT INTO t_frame(id, content, address, symbol, function, file, line)
		SELECT 100000 + i, 100000 + i, i * 16, 'leak_' || i || '+0x10/0x20', 'leak_' || i, 'drivers/d' || i % 40 || '.c', i FROM n;
	WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
	INSERT INTO t_stack SELECT 100000 + i, 100000 + i, 100000 + i, i, i, 3, 'leak_' || i || '+0x10/0x20',
		'[1,' || (100000 + i) || ',3,' || (100000 + i % 100 + 1) || ',4]' FROM n;
	INSERT INTO t_finding(run_id, seq, address, size, class, verdict, head, comm, pid, age_ms, stack_id)
		SELECT 1, id, id * 4096, id % 977 + 8, 'virtual', 10, id * 4096, 'task' || id % 50, id % 3000, id, id FROM t_stack WHERE id > 100000;
	INSERT INTO t_group(run_id, normal_hash, stack_id, address, verdict, verdicts, objects, bytes, leaked_objects, leaked_bytes,
		age_min_ms, age_max_ms, comm, pid, comms, pids, stacks)
		SELECT 1, id, id, id * 4096, 10, '{\"leak\":1}', 1, id % 977 + 8, 1, id % 977 + 8, id, id, 'task' || id % 50, id % 3000, 1, 1, 1
		FROM t_stack WHERE id > 100000;" 2>err
ok $? "ten thousand groups"
run report --db large.db --format html 1
status_is 0 "have a page"
cp out large.html

browse page.html "" "a small page"
browse hostile.html hostile "hostile names"
browse large.html large "10,000 groups"
browse diff.html diff "a comparison"
browse hostile-diff.html hostile-diff "a comparison of hostile names"

if dir=$("$KLEAK_TESTS/corpus.sh" x86_64-7.3); then
	export XDG_CACHE_HOME=$scratch/cache
	run analyze --db corpus.db --lines --vmlinux "$dir/vmlinux" "$dir/B.vmcore"
	run report --db corpus.db --format html
	cp out corpus.html
	[ "$(stat -c %s corpus.html)" -lt $((2 * 1024 * 1024)) ]
	ok $? "the page of a corpus dump is smaller than 2 MiB: $(stat -c %s corpus.html) bytes"
	browse corpus.html corpus "a corpus dump"
else
	skip "the page of a corpus dump" "$dir"
fi
done_testing
