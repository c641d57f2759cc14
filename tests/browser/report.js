// SPDX-License-Identifier: GPL-2.0-or-later
// The page of `report --format html` in a real browser, driven by tests/cli/html.sh. Prints TAP.
// usage: node report.js REPORT.html SCREENSHOTS EXPECT
//   EXPECT: a name for screenshots. hostile...: nothing in it may have become markup; large: 10,000 groups; ...diff: of two runs
'use strict';
const path = require('path');
const { chromium } = require('playwright-core');
const axe = require.resolve('axe-core/axe.min.js');
const [file, shots, expect] = process.argv.slice(2);

let failed = 0;
function ok(condition, name, detail) {
	failed += !condition;
	console.log((condition ? 'ok - ' : 'not ok - ') + name);
	if (!condition && detail) console.log('# ' + String(detail).split('\n').join('\n# '));
}
async function violations(page) {
	await page.addScriptTag({path: axe}).catch(() => {});
	const result = await page.evaluate(() => axe.run(document));
	return result.violations.map(v => v.id + ': ' + v.help + '\n  ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200)).join('\n  ')).join('\n');
}
async function openReport(browser, options) {
	// The page forbids all scripts but its own two; axe-core is the test's.
	const context = await browser.newContext(Object.assign({bypassCSP: true}, options));
	const page = await context.newPage(), problems = [];
	page.on('console', m => { if (m.type() === 'error' || m.type() === 'warning') problems.push(m.text()); });
	page.on('pageerror', e => problems.push(String(e)));
	page.on('request', r => { if (!r.url().startsWith('file:')) problems.push('asks for ' + r.url()); });
	page.on('dialog', d => { problems.push('dialog: ' + d.message()); d.dismiss(); });
	const begin = Date.now();
	await page.goto('file://' + path.resolve(file));
	await page.waitForSelector('#table tbody tr', {timeout: 60000}).catch(() => {});
	return {page: page, problems: problems, context: context, took: Date.now() - begin};
}
const cells = (page, column) => page.$$eval('#table tbody tr:not(.detail)', (rows, c) => rows.map(r => r.cells[c].textContent), column);

async function useThePage(browser) {
	const {page, problems, context, took} = await openReport(browser, {colorScheme: 'light', viewport: {width: 1200, height: 900}});
	const all = await cells(page, 0);
	const shown = async () => (await page.textContent('#count')).trim();

	ok(all.length > 0, 'groups are listed');
	const before = await shown();
	ok(/groups?$/.test(before), 'and counted: ' + before);
	if (expect === 'large') {
		ok(all.length < 2000, 'not all 10,000 are drawn at once: ' + all.length);
		let begin = Date.now();
		await page.fill('#search', 'leak_77');
		await page.waitForFunction(() => / of /.test(document.querySelector('#count').textContent));
		ok(Date.now() - begin < 2000, 'a search answers in ' + (Date.now() - begin) + ' ms');
		begin = Date.now();
		await page.fill('#search', '');
		await page.click('#table thead th:nth-child(1) button');
		ok(Date.now() - begin < 3000, 'sorting takes ' + (Date.now() - begin) + ' ms');
		ok(took < 20000, 'the page opens in ' + took + ' ms');
		await page.click('#table thead th:nth-child(7) button');
	}
	await page.click('#table thead th:nth-child(1) button');
	const names = await cells(page, 0), sorted = names.slice().sort();
	ok(JSON.stringify(names) === JSON.stringify(sorted), 'a click on a heading sorts by it');
	ok(await page.getAttribute('#table thead th:nth-child(1)', 'aria-sort') === 'ascending', 'and says so');
	await page.focus('#table thead th:nth-child(1) button');
	await page.keyboard.press('Enter');
	ok(JSON.stringify(await cells(page, 0)) !== JSON.stringify(sorted) || new Set(sorted).size === 1 || expect === 'large',
		'a key does, too: the other way round');
	await page.click('#table thead th:nth-child(7) button');
	await page.fill('#search', 'no such thing anywhere');
	ok((await cells(page, 0)).length === 0 && /^0 of/.test(await shown()), 'a search can find nothing');
	await page.fill('#search', '');
	ok(await shown() === before, 'and everything again');
	await page.focus('#table tbody tr button.open');
	await page.keyboard.press('Enter');
	ok(await page.$('#table tr.detail pre') !== null, 'a group opens by key');
	const detail = await page.textContent('#table tr.detail'), listed = detail.match(/(\d+) objects?:/);
	ok(detail.includes('kleak-dump why 0x'), 'and says what to ask next');
	if (listed) {
		const verdicts = (await page.textContent('#table tr.detail p')).split(';')[0].split(', ');
		ok(verdicts.reduce((n, v) => n + parseInt(v), 0) === +listed[1], 'it lists its own objects: ' + listed[1]);
	}
	if (/diff$/.test(expect)) {
		await page.selectOption('#verdict', 'gone');
		ok((await cells(page, 3)).every(c => c === 'gone') && /^1 of/.test(await shown()), 'changes can be chosen');
		await page.selectOption('#verdict', '');
		ok(/new/i.test(await page.textContent('#title')), 'the title is what is new');
	}
	const violated = await violations(page);
	ok(!violated, 'axe-core finds nothing in light colors', violated);
	if (await page.isVisible('#icicle')) {
		const widest = await page.$$eval('#icicle .cell', list => list.map(c => c.getBoundingClientRect().width));
		await page.$eval('#icicle .cell:last-child', c => c.click());
		ok(/^Zoomed into/.test(await page.textContent('#icicle-state')), 'the chart of stacks zooms');
		await page.keyboard.press('ArrowUp');
		await page.keyboard.press('Escape');
		ok(await page.textContent('#icicle-state') === '', 'and Escape zooms out');
		ok(widest.length === (await page.$$('#icicle .cell')).length, 'to what it was');
	}
	if (await page.isVisible('#treemap')) {
		await page.$eval('#treemap .cell', c => c.click());
		ok(await page.evaluate(() => document.activeElement.id) === 'search', 'the chart of call sites searches');
		await page.fill('#search', '');
	}
	await page.screenshot({path: path.join(shots, (expect || 'report') + '-light.png'), fullPage: expect !== 'large'});
	if (/^hostile/.test(expect)) {
		ok(await page.$$eval('img, iframe, object, a[href^="javascript"], main script, b:not(#sum b), svg', l => l.length) === 0,
			'no name has become markup');
		ok(await page.evaluate(() => window.hacked === undefined), 'none has run');
	}
	ok(problems.length === 0, 'nothing on the console, nothing asked of a network', problems.join('\n'));
	await context.close();
}
async function lookAtIt(browser, name, options) {
	const {page, problems, context} = await openReport(browser, options);
	const violated = await violations(page);

	ok(!violated, 'axe-core finds nothing: ' + name, violated);
	ok(problems.length === 0, 'nothing on the console: ' + name, problems.join('\n'));
	ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'no wider than the window: ' + name);
	await page.screenshot({path: path.join(shots, (expect || 'report') + '-' + name + '.png'), fullPage: expect !== 'large'});
	await context.close();
}

(async () => {
	const browser = await chromium.launch({executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-gpu']});

	await useThePage(browser);
	await lookAtIt(browser, 'dark', {colorScheme: 'dark', viewport: {width: 1200, height: 900}});
	await lookAtIt(browser, 'phone', {colorScheme: 'light', viewport: {width: 360, height: 740}, isMobile: true, hasTouch: true});
	await browser.close();
	process.exit(failed ? 1 : 0);
})().catch(e => { console.log('not ok - the browser\n# ' + String(e).split('\n').join('\n# ')); process.exit(1); });
