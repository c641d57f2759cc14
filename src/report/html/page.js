'use strict';
// SPDX-License-Identifier: GPL-2.0-or-later
// Every string of the report may be hostile: it gets into the page through textContent and nothing else.
(function () {
const data = JSON.parse(document.getElementById('data').textContent);
// A comparison of two runs has a and b instead of a run.
const run = data.run || data.b, before = data.run ? null : data.a, groups = data.groups || [], findings = data.findings || [];
const sites = (data.allocations || []).filter(function (a) { return bytesOfSite(a) > 0; });
const $ = function (id) { return document.getElementById(id); };
const PAGE = 200;

function make(tag, text, attributes) {
	const e = document.createElement(tag);
	if (text !== undefined && text !== null) e.textContent = text;
	for (const name in attributes || {}) e.setAttribute(name, attributes[name]);
	return e;
}
function add(parent) {
	for (let i = 1; i < arguments.length; i++) if (arguments[i]) parent.append(arguments[i]);
	return parent;
}
function clear(e) { while (e.firstChild) e.firstChild.remove(); return e; }

function bytes(n) {
	const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
	let i = -1;
	if (n === null || n === undefined) return '?';
	if (n < 1024) return n + ' B';
	do { n /= 1024; i++; } while (n >= 1023.5 && i < units.length - 1);
	return (n < 9.995 ? n.toFixed(2) : n < 99.95 ? n.toFixed(1) : n.toFixed(0)) + ' ' + units[i];
}
function age(ms) {
	if (ms === null || ms === undefined) return '?';
	const s = Math.floor(ms / 1000);
	if (ms < 10000) return (ms / 1000).toFixed(1) + ' s';
	if (s < 60) return s + ' s';
	if (s < 3600) return Math.floor(s / 60) + ' min ' + s % 60 + ' s';
	if (s < 86400) return Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min';
	return Math.floor(s / 86400) + ' d ' + Math.floor(s % 86400 / 3600) + ' h';
}
function date(seconds) {
	return seconds === null || seconds === undefined ? null :
		new Date(seconds * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC');
}
function count(n, noun) { return n + ' ' + noun + (n === 1 ? '' : 's'); }
function bytesOfSite(a) { return a.bytes === null || a.bytes === undefined ? a.counted_bytes : a.bytes; }
function nameOfSite(a) { return (a.file || 'a module that was unloaded') + ':' + a.line + (a.function ? ' ' + a.function : ''); }
function bare(symbol) { return symbol.replace(/\+0x[0-9a-f]+\/0x[0-9a-f]+/, ''); }
function moduleOf(g) { return !g.blamed ? '' : g.blamed.module || (/^0x/.test(g.blamed.function) ? 'unloaded' : 'kernel'); }
function place(at) { return at && at.file ? at.file + ':' + at.line : null; }
function lineOf(g) { return place(g.blamed) || g.site || ''; }
function nameOf(g) { return g.blamed ? bare(g.blamed.function) : g.top_frame ? bare(g.top_frame) : 'no stack'; }

// ---- the head ----

function fact(name, value) { if (value) add($('facts'), make('dt', name), make('dd', value)); }
function doubt(text) { add($('doubts'), make('p', text, {'class': 'doubt'})); }

function showFacts(run, side) {
	const name = function (text) { return side ? side + ': ' + text : text; };
	if (run.partial) doubt((side ? side + ' is partial: ' : 'Partial: ') + (run.partial_why || 'something was missing'));
	if (run.kmemleak_state !== 'on' && run.source !== 'allocators')
		doubt(name('kmemleak was not on: ') + (run.kmemleak_words || run.kmemleak_state));
	if (run.pool_exhausted) doubt(name('kmemleak ran out of metadata: what was allocated after that was never tracked.'));
	if (run.live) doubt(name('the machine was running while it was read: findings may be wrong.'));
	fact(name('kernel'), 'Linux ' + (run.release || '?') + ' ' + (run.arch || ''));
	fact(name('dumped'), run.crash_time === undefined ? null : run.crash_time < 86400 ? 'the clock was not set' : date(run.crash_time));
	fact(name('dump'), run.dump + (run.dump_format ? ' (' + run.dump_format + ')' : ''));
	fact(name('coverage'), run.coverage === undefined ? 'unknown' : (run.coverage >= 1 ? '100' : Math.min(99.99, run.coverage * 100).toPrecision(4)) + '% of the memory that the scan needed');
	fact(name('objects'), run.source === 'allocators' ? 'what the allocators say is in use' : 'kmemleak, ' + run.kmemleak_state);
	fact(name('build-id'), run.build_id);
	fact(name('run'), run.run_id + ', policy ' + run.policy);
}
function showTitle(title) {
	document.title = title + ' - kleak-dump';
	$('title').textContent = title;
}
function showNavigation() {
	for (const section of document.querySelectorAll('main section'))
		if (!section.hidden) add($('nav'), make('a', section.querySelector('h2').textContent, {href: '#' + section.id}), ' ');
}
function showDiffHead() {
	const first = groups.find(function (g) { return g.change === 'new' || g.change === 'grown'; });
	const more = groups.reduce(function (n, g) { return n + Math.max(0, g.grown); }, 0);
	showTitle(first ? (first.change === 'new' ? 'New memory leak in ' : 'Growing memory leak in ') + nameOf(first) + (lineOf(first) ? ' (' + lineOf(first) + ')' : '')
		: groups.length ? 'No new leaks, but others changed' : 'Nothing changed');
	add($('sum'), more ? make('b', bytes(more)) : null, more ? ' more leaked in B than in A. ' : '', 'Groups of leaks: ' +
		Object.keys(data.changes).map(function (c) { return data.changes[c] + ' ' + c; }).join(', ') + '.');
	if (data.b_is_older) doubt('B is older than A: what is new here has gone since, and the other way round.');
	if (!data.same_settings) doubt('A and B were made with different settings: differences may come from those.');
	$('run-title').textContent = 'The runs';
	fact('compared', data.same_boot ? 'the same boot: object by object' : 'different boots: by stacks');
	showFacts(before, 'A');
	showFacts(run, 'B');
	$('footer').textContent = 'kleak-dump ' + run.tool_version;
}
function showHead() {
	const leaking = groups.filter(function (g) { return g.leaked_objects > 0; });
	const leakedBytes = leaking.reduce(function (n, g) { return n + g.leaked_bytes; }, 0);
	const leakedObjects = leaking.reduce(function (n, g) { return n + g.leaked_objects; }, 0);
	const alive = groups.reduce(function (n, g) { return n + g.objects - g.leaked_objects; }, 0);
	const title = leaking.length ? 'Memory leak in ' + nameOf(leaking[0]) + (lineOf(leaking[0]) ? ' (' + lineOf(leaking[0]) + ')' : '')
		: 'No leaks found';
	showTitle(title);
	add($('sum'), leaking.length ? make('b', count(leakedObjects, 'object') + ', ' + bytes(leakedBytes)) : null,
		leaking.length ? ' leaked, in ' + count(leaking.length, 'group') + '.' : 'Nothing is leaked as far as this dump tells.',
		alive ? ' ' + alive + ' more ' + (alive === 1 ? 'object' : 'objects') + ' may be alive.' : '');
	for (const a of data.anomalies || []) doubt(a.kind + (a.address ? ' at ' + a.address : '') + ': ' + a.message);
	for (const a of data.advice || []) if (a.objects) fact(a.kind, a.name + ': ' + count(a.objects, 'object') + (a.note ? ', ' + a.note : ''));
	showFacts(run, '');
	$('footer').textContent = 'kleak-dump ' + run.tool_version;
}

// ---- charts: rectangles that d3-hierarchy computed ----

// One cell is in the tab order; arrow keys go to the nearest cell in their direction.
function moveFocus(chart, cell, key) {
	const from = cell.getBoundingClientRect();
	const x = (from.left + from.right) / 2, y = (from.top + from.bottom) / 2;
	let best = null, distance = Infinity;
	for (const other of chart.querySelectorAll('.cell')) {
		const to = other.getBoundingClientRect();
		const dx = (to.left + to.right) / 2 - x, dy = (to.top + to.bottom) / 2 - y;
		const along = {ArrowLeft: -dx, ArrowRight: dx, ArrowUp: -dy, ArrowDown: dy}[key];
		const across = key === 'ArrowLeft' || key === 'ArrowRight' ? Math.abs(dy) : Math.max(0, to.left - x, x - to.right);
		if (other !== cell && along > 1 && along + 2 * across < distance) { best = other; distance = along + 2 * across; }
	}
	if (best) { cell.tabIndex = -1; best.tabIndex = 0; best.focus(); }
}
function drawCells(chart, label, cells, chosen, escaped) {
	clear(chart);
	chart.setAttribute('role', 'group');
	chart.setAttribute('aria-label', label);
	cells.forEach(function (cell, i) {
		const e = make('button', cell.width > 24 ? cell.text : '', {type: 'button', 'class': 'cell' + (cell.style ? ' ' + cell.style : ''),
			title: cell.title, 'aria-label': cell.title, tabindex: i ? '-1' : '0'});
		e.style.left = cell.left + 'px'; e.style.top = cell.top + 'px';
		e.style.width = Math.max(0, cell.width) + 'px'; e.style.height = Math.max(0, cell.height) + 'px';
		e.addEventListener('click', function () { chosen(cell.node); });
		e.addEventListener('keydown', function (event) {
			if (event.key === 'Escape') escaped();
			else if (/^Arrow/.test(event.key)) { event.preventDefault(); moveFocus(chart, e, event.key); }
		});
		chart.append(e);
	});
}

function weight(g) { return before ? g.grown : g.leaked_bytes; }
function stackTree() {
	const root = {name: before ? 'what leaks in B, and did not in A' : 'all leaked memory', children: new Map(), value: 0};
	for (const g of groups) {
		let at = root;
		if (!(weight(g) > 0)) continue;
		const frames = g.frames.slice().reverse();
		for (const symbol of frames) {
			const name = bare(symbol);
			if (!at.children.has(name)) at.children.set(name, {name: name, children: new Map(), value: 0});
			at = at.children.get(name);
		}
		at.value += weight(g);
	}
	return d3.hierarchy(root, function (n) { return Array.from(n.children.values()); })
		.sum(function (n) { return n.value; }).sort(function (a, b) { return b.value - a.value; });
}
let icicle = null, zoomed = null;
const ROW = 22;
function drawIcicle(focus) {
	const width = $('icicle').clientWidth;
	const at = zoomed, scale = width / (at.x1 - at.x0 || 1), path = at.ancestors().reverse();
	const shown = path.slice(0, -1).map(function (n) { return {node: n, left: 0, width: width, top: n.depth * ROW, height: ROW}; });
	at.each(function (n) {
		const w = (n.x1 - n.x0) * scale;
		if (w >= 1.5) shown.push({node: n, left: (n.x0 - at.x0) * scale, width: w, top: n.depth * ROW, height: ROW});
	});
	for (const cell of shown) {
		cell.text = cell.node.data.name;
		cell.title = cell.node.data.name + ': ' + bytes(cell.node.value);
		cell.style = cell.node.depth % 2 ? 'other' : '';
	}
	$('icicle').style.height = (1 + Math.max.apply(null, shown.map(function (c) { return c.node.depth; }))) * ROW + 'px';
	drawCells($('icicle'), 'Leaked bytes by stack', shown, function (n) { zoom(n); }, function () { zoom(icicle); });
	$('icicle-state').textContent = at === icicle ? '' : 'Zoomed into ' + at.data.name + ': ' + bytes(at.value);
	if (focus) {
		const cell = $('icicle').querySelectorAll('.cell')[path.length - 1];
		if (cell) { $('icicle').querySelector('.cell').tabIndex = -1; cell.tabIndex = 0; cell.focus(); }
	}
}
function zoom(n) { zoomed = n; drawIcicle(true); }
function showIcicle() {
	const tree = stackTree();
	$('stacks').hidden = !tree.value;
	if (before) $('stacks-title').textContent = 'More leaked bytes by stack';
	if (!tree.value) return;
	icicle = zoomed = d3.partition().size([1, tree.height + 1])(tree);
	drawIcicle(false);
}

function siteTree() {
	if (sites.length) return sites.map(function (a) {
		return {name: nameOfSite(a), value: bytesOfSite(a), leaked: a.leaked_bytes, search: a.file ? a.file + ':' + a.line : ''};
	});
	const all = new Map();
	for (const g of groups) {
		const name = lineOf(g) || nameOf(g);
		if (!all.has(name)) all.set(name, {name: name, value: 0, leaked: 0, search: name});
		all.get(name).value += g.bytes; all.get(name).leaked += g.leaked_bytes;
	}
	return Array.from(all.values());
}
// More cells than this are dust: the smallest ones are one.
const CELLS = 400;
function largestSites() {
	const all = siteTree().sort(function (a, b) { return b.value - a.value; }), rest = all.slice(CELLS);
	if (!rest.length) return all;
	return all.slice(0, CELLS).concat({name: count(rest.length, 'smaller one'), search: '',
		value: rest.reduce(function (n, s) { return n + s.value; }, 0), leaked: rest.reduce(function (n, s) { return n + s.leaked; }, 0)});
}
function drawTreemap() {
	if (before) { $('sites').hidden = true; return; }
	const box = $('treemap'), root = d3.hierarchy({children: largestSites()}).sum(function (n) { return n.value || 0; })
		.sort(function (a, b) { return b.value - a.value; });
	$('sites').hidden = !root.value;
	if (!root.value) return;
	$('sites-hint').textContent = (sites.length ? 'As allocation profiling counted it; slab pages count as well as the objects in them.' :
		'Of the findings: this kernel did not profile its allocations.') + (sites.length ? ' A red border leaks.' : '') + ' Choose one to search for it.';
	d3.treemap().size([box.clientWidth, box.clientHeight])(root);
	drawCells(box, 'Memory by call site', root.leaves().filter(function (n) { return n.x1 - n.x0 > 2 && n.y1 - n.y0 > 2; }).map(function (n) {
		return {node: n, left: n.x0, top: n.y0, width: n.x1 - n.x0, height: n.y1 - n.y0, text: n.data.name,
			title: n.data.name + ': ' + bytes(n.value) + (n.data.leaked ? ', ' + bytes(n.data.leaked) + ' leaked' : ''),
			style: n.data.leaked && sites.length ? 'leaks' : ''};
	}), function (n) { $('search').value = n.data.search; filter(); $('search').focus(); }, function () {});
}

// ---- groups ----

const runColumns = [
	{name: 'function', text: nameOf, open: true, style: 'name'},
	{name: 'line', text: lineOf, wide: true, style: 'name'},
	{name: 'module', text: moduleOf, wide: true},
	{name: 'verdict', text: function (g) { return g.verdict; }, marked: true},
	{name: 'objects', number: function (g) { return g.objects; }, wide: true},
	{name: 'bytes', number: function (g) { return g.bytes; }, show: bytes, wide: true},
	{name: 'leaked', number: function (g) { return g.leaked_bytes; }, show: bytes},
	{name: 'retained', number: function (g) { return g.retained_bytes || 0; }, show: bytes, wide: true},
	{name: 'oldest', number: function (g) { return g.age_max_ms || 0; }, show: age, wide: true},
	{name: 'task', text: function (g) { return g.comm || ''; }, wide: true},
];
const diffColumns = [
	{name: 'function', text: nameOf, open: true, style: 'name'},
	{name: 'line', text: lineOf, wide: true, style: 'name'},
	{name: 'module', text: moduleOf, wide: true},
	{name: 'change', text: function (g) { return g.change; }, marked: true},
	{name: 'objects in A', number: function (g) { return g.objects_a; }, wide: true},
	{name: 'in B', number: function (g) { return g.objects_b; }, wide: true},
	{name: 'more', number: function (g) { return g.grown; }, show: function (n) { return (n < 0 ? '-' : '') + bytes(Math.abs(n)); }},
];
const columns = before ? diffColumns : runColumns;
let sorted = {column: 6, down: true}, shown = [], rendered = 0;
const open = new Set();
groups.forEach(function (g) {
	g.id = 'g-' + g.stack_hash + (g.site ? '-' + g.site.replace(/[^A-Za-z0-9]/g, '') : '');
	if (before) {
		g.grown = g.bytes_b - g.bytes_a;
		g.verdict = g.change;
		g.leaked_objects = g.change === 'new' || g.change === 'grown';
		g.changed = g.verdicts || [];
		g.verdicts = {};
		g.verdicts[g.change] = 1; // what the list of verdicts chooses by
	}
	g.text = [g.stack_hash, g.address || (g.new_objects || []).join(' '), g.verdict, lineOf(g), g.site, moduleOf(g), g.comm, g.frames.join(' ')].join(' ').toLowerCase();
});

// The frame, of those that are not inlined, to whose address the blamed function belongs.
function blamedFrame(g) {
	const inside = function (l) { return (l.inlined || []).some(function (x) { return g.blamed && x.function === g.blamed.function && x.line === g.blamed.line; }); };
	const i = g.frames.findIndex(function (symbol) { return g.blamed && symbol === g.blamed.function; });
	return i < 0 && g.lines ? g.lines.findIndex(inside) : i;
}
function stackOf(g) {
	const pre = make('pre'), lines = g.lines || [];
	g.frames.forEach(function (symbol, i) {
		for (const at of (lines[i] && lines[i].inlined) || []) pre.append('  ' + at.function + ' (inlined)' + (at.file ? '  ' + place(at) : '') + '\n');
		const text = symbol + (place(lines[i]) ? '  ' + place(lines[i]) : '');
		if (i === blamedFrame(g)) add(pre, '> ', make('mark', text), '\n');
		else pre.append('  ' + text + '\n');
	});
	if (!g.frames.length) pre.append('no stack recorded');
	return pre;
}
function wordsOf(g) {
	const list = make('ul');
	for (const w of g.references || [])
		list.append(make('li', (w.at ? w.at + ' ' : '') + (w.holder.name || w.holder.kind) + ': ' + w.why));
	return list;
}
function diffDetailOf(g) {
	const row = make('tr', null, {'class': 'detail'}), cell = make('td', null, {colspan: columns.length});
	add(cell, make('p', count(g.objects_a, 'object') + ', ' + bytes(g.bytes_a) + ' in A; ' + count(g.objects_b, 'object') + ', ' + bytes(g.bytes_b) + ' in B' +
		g.changed.map(function (v) { return '; ' + count(v.objects, 'object') + ' ' + v.from + ' \u2192 ' + v.to; }).join('')));
	add(cell, stackOf(g));
	if (g.new_objects.length) {
		const list = make('ul', null, {'class': 'code'});
		for (const address of g.new_objects.slice(0, 100)) list.append(make('li', address));
		if (g.new_objects.length > 100) list.append(make('li', 'and ' + (g.new_objects.length - 100) + ' more'));
		add(cell, make('p', 'New objects:'), list, make('p', 'Ask on: kleak-dump why ' + g.new_objects[0], {'class': 'dim code'}));
	}
	return add(row, cell);
}
function detailOf(g) {
	if (before) return diffDetailOf(g);
	const row = make('tr', null, {'class': 'detail'}), cell = make('td', null, {colspan: columns.length});
	const members = findings.filter(function (f) { return f.stack_hash === g.stack_hash && (f.site || null) === (g.site || null); });
	add(cell, make('p', Object.keys(g.verdicts).map(function (v) { return g.verdicts[v] + ' ' + v; }).join(', ') +
		(g.comm ? '; by ' + g.comm + (g.pid !== null ? ' (pid ' + g.pid + ')' : '') : '') +
		(g.age_max_ms !== null ? '; age ' + age(g.age_max_ms) +
			(run.crash_time > 86400 ? ', allocated ' + date(run.crash_time - Math.floor(g.age_max_ms / 1000)) : '') : '')));
	add(cell, stackOf(g));
	if (g.reason) add(cell, make('p', (g.leaked_objects ? 'Why nothing holds ' : 'Why it may be alive: ') + (g.leaked_objects ? g.address + ': ' : '') + g.reason));
	if (g.references && g.references.length) add(cell, make('p', 'Words that hold its address, as far as the marking looked:'), wordsOf(g));
	if (members.length) {
		const list = make('ul', null, {'class': 'code'});
		for (const f of members.slice(0, 100)) {
			const item = make('li', f.address + ', ' + bytes(f.size) + ', ' + f.verdict);
			if (f.retained_objects > 1) add(item, ', ', make('a', 'retains ' + bytes(f.retained_bytes), {href: '#o-' + f.address}));
			else if (f.head && f.head !== f.address) add(item, ', hangs on ', make('a', f.head, {href: '#o-' + f.head}));
			list.append(item);
		}
		if (members.length > 100) list.append(make('li', 'and ' + (members.length - 100) + ' more'));
		add(cell, make('p', count(members.length, 'object') + ':'), list);
	}
	add(cell, make('p', 'Ask on: kleak-dump why ' + g.address, {'class': 'dim code'}));
	return add(row, cell);
}
function toggle(g, row, button) {
	const expanded = !open.has(g);
	if (expanded) open.add(g); else open.delete(g);
	button.setAttribute('aria-expanded', expanded);
	if (expanded) row.after(detailOf(g));
	else if (row.nextSibling && row.nextSibling.className === 'detail') row.nextSibling.remove();
}
function rowOf(g) {
	const row = make('tr', null, {id: g.id});
	for (const c of columns) {
		const cell = make('td', null, {'class': (c.number ? 'n ' : '') + (c.wide ? 'wide ' : '') + (c.style || '')});
		if (c.open) {
			const button = make('button', c.text(g), {type: 'button', 'class': 'open', 'aria-expanded': 'false'});
			button.addEventListener('click', function () { toggle(g, row, button); });
			cell.append(button);
			if (open.has(g)) button.setAttribute('aria-expanded', 'true');
		} else if (c.marked) {
			cell.append(make('span', c.text(g), {'class': 'verdict' + (g.leaked_objects ? ' bad' : '')}));
		} else {
			cell.textContent = c.number ? (c.show || String)(c.number(g)) : c.text(g);
		}
		row.append(cell);
	}
	return row;
}
function renderMore() {
	const body = $('table').tBodies[0], end = Math.min(rendered + PAGE, shown.length);
	for (; rendered < end; rendered++) {
		const g = shown[rendered];
		body.append(rowOf(g));
		if (open.has(g)) body.append(detailOf(g));
	}
	$('more').hidden = rendered === shown.length;
}
function filter() {
	const words = $('search').value.toLowerCase().split(/\s+/).filter(Boolean), verdict = $('verdict').value;
	const c = columns[sorted.column], value = c.number || c.text, sign = sorted.down ? -1 : 1;
	shown = groups.filter(function (g) {
		return (!verdict || g.verdicts[verdict]) && words.every(function (w) { return g.text.includes(w); });
	});
	shown.sort(function (a, b) {
		const x = value(a), y = value(b);
		return x === y ? 0 : sign * (x < y ? -1 : 1);
	});
	clear($('table').tBodies[0]);
	rendered = 0;
	$('count').textContent = shown.length === groups.length ? count(groups.length, 'group') : shown.length + ' of ' + count(groups.length, 'group');
	renderMore();
}
function showSorting() {
	const cells = $('table').tHead.rows[0].cells;
	columns.forEach(function (c, i) {
		if (i === sorted.column) cells[i].setAttribute('aria-sort', sorted.down ? 'descending' : 'ascending');
		else cells[i].removeAttribute('aria-sort');
		cells[i].firstChild.textContent = c.name + (i === sorted.column ? (sorted.down ? ' \u25be' : ' \u25b4') : '');
	});
}
function showGroups() {
	columns.forEach(function (c, i) {
		const cell = make('th', null, {scope: 'col', 'class': (c.number ? 'n' : '') + (c.wide ? ' wide' : '')});
		const button = make('button', c.name, {type: 'button'});
		button.addEventListener('click', function () {
			sorted = {column: i, down: sorted.column === i ? !sorted.down : !!c.number};
			showSorting(); filter();
		});
		$('table').tHead.rows[0].append(add(cell, button));
	});
	const verdicts = new Set();
	for (const g of groups) for (const v in g.verdicts) verdicts.add(v);
	for (const v of verdicts) $('verdict').append(make('option', v, {value: v}));
	$('search').addEventListener('input', filter);
	$('verdict').addEventListener('change', filter);
	$('filter').addEventListener('submit', function (event) { event.preventDefault(); });
	$('more').addEventListener('click', renderMore);
	if ('IntersectionObserver' in window)
		new IntersectionObserver(function (seen) { if (seen[0].isIntersecting && rendered) renderMore(); }, {rootMargin: '600px'}).observe($('more'));
	if (before) document.querySelector('label[for=verdict]').textContent = 'Change';
	showSorting(); filter();
}

// ---- heads and what hangs on them ----

function showHeads() {
	const children = new Map();
	for (const f of findings) {
		if (!f.parent) continue;
		if (!children.has(f.parent)) children.set(f.parent, []);
		children.get(f.parent).push(f);
	}
	const heads = findings.filter(function (f) { return f.verdict === 'leak' && f.retained_objects > 1; })
		.sort(function (a, b) { return b.retained_bytes - a.retained_bytes; });
	let budget = 2000;
	function label(f) { return f.address + ', ' + bytes(f.size) + (f.type ? ', struct ' + f.type : f.cache ? ', ' + f.cache : '') + (f.top_frame ? ', ' + bare(f.top_frame) : ''); }
	function branch(f, depth) {
		const below = (children.get(f.address) || []).filter(function (x) { return x !== f; });
		const item = make('li', label(f), {'class': 'code'});
		if (below.length && depth < 64 && budget > 0) {
			const list = make('ul', null, {'class': 'tree'});
			for (const b of below) if (budget-- > 0) list.append(branch(b, depth + 1));
			item.append(list);
		}
		return item;
	}
	$('heads').hidden = !heads.length;
	for (const h of heads) {
		if (budget <= 0) { $('trees').append(make('p', 'and more: kleak-dump tree', {'class': 'dim'})); break; }
		const details = make('details', null, {id: 'o-' + h.address}), list = make('ul', null, {'class': 'tree'});
		details.append(make('summary', label(h) + ': retains ' + bytes(h.retained_bytes) + ' in ' + count(h.retained_objects, 'object'), {'class': 'code'}));
		for (const b of children.get(h.address) || []) list.append(branch(b, 1));
		details.append(list);
		$('trees').append(details);
	}
}
function followLink() {
	const id = decodeURIComponent(location.hash.slice(1)), e = id && $(id);
	const g = groups.find(function (x) { return x.id === id; });
	if (e && e.tagName === 'DETAILS') e.open = true;
	if (g && !open.has(g)) {
		$('search').value = g.stack_hash; filter();
		const row = $(g.id);
		if (row) { toggle(g, row, row.querySelector('button')); row.scrollIntoView(); }
	}
}

showHeads();
showIcicle();
if (before) showDiffHead(); else showHead();
drawTreemap();
showNavigation();
showGroups();
followLink();
window.addEventListener('hashchange', followLink);
let resizing = 0;
window.addEventListener('resize', function () {
	clearTimeout(resizing);
	resizing = setTimeout(function () { if (icicle) drawIcicle(false); drawTreemap(); }, 100);
});
})();
