-- SPDX-License-Identifier: GPL-2.0-or-later
-- Version 1. Tables (t_...) are private; the views at the end are the contract, described in docs/schema.md.
--
-- Addresses and hashes are 64-bit patterns in signed integers: kernel addresses are negative here and printed as
-- 0x%016x by the views. Everything of one run is clustered by its run_id (WITHOUT ROWID), in the order it was written:
-- loading appends and needs no secondary index, reading a run is one range.

CREATE TABLE t_verdict(
	id INTEGER PRIMARY KEY, -- enum kleak_verdict
	name TEXT NOT NULL UNIQUE,
	is_leak INTEGER NOT NULL -- 1: counts as leaked memory (diff, totals of leaks)
) STRICT;
INSERT INTO t_verdict VALUES
	(10, 'leak', 1), (20, 'indirect', 1), (30, 'weak', 0), (40, 'unconfirmed', 0), (50, 'young', 0),
	(60, 'modified', 0), (70, 'explained', 0), (80, 'suppressed', 0);

-- One analysis of one dump. Columns are those of KL_STORE_RUN_FIELDS in src/store/rows.h, where each is explained.
CREATE TABLE t_run(
	id INTEGER PRIMARY KEY,
	dump TEXT NOT NULL,
	dump_files TEXT,
	dump_size INTEGER,
	dump_mtime_ns INTEGER,
	dump_format TEXT,
	vmlinux TEXT,
	build_id TEXT,
	release TEXT,
	banner TEXT,
	arch TEXT,
	crash_time INTEGER,
	boot_id TEXT,
	jiffies INTEGER,
	hz INTEGER,
	pages_total INTEGER,
	pages_present INTEGER,
	pages_missing INTEGER,
	coverage REAL,
	live INTEGER NOT NULL CHECK (live IN (0, 1)),
	kmemleak_state TEXT NOT NULL,
	kmemleak_words TEXT,
	pool_exhausted INTEGER NOT NULL CHECK (pool_exhausted IN (0, 1)),
	scan_in_progress INTEGER NOT NULL CHECK (scan_in_progress IN (0, 1)),
	policy TEXT NOT NULL,
	partial INTEGER NOT NULL CHECK (partial IN (0, 1)),
	partial_why TEXT,
	tool_version TEXT NOT NULL,
	started_ms INTEGER,
	finished_ms INTEGER,
	text_header INTEGER NOT NULL,
	text_age INTEGER NOT NULL,
	text_hexdump INTEGER NOT NULL,
	text_crc INTEGER NOT NULL,
	text_frame INTEGER NOT NULL
) STRICT;

-- Frames and stacks are shared by all runs that met the same ones; `content` is a hash of everything in them.
CREATE TABLE t_frame(
	id INTEGER PRIMARY KEY,
	content INTEGER NOT NULL UNIQUE,
	address INTEGER NOT NULL,
	symbol TEXT NOT NULL, -- as %pS prints it
	function TEXT,
	module TEXT,
	file TEXT,
	line INTEGER,
	pointer TEXT -- as %p prints it, for kernels that print it
) STRICT;

CREATE TABLE t_stack(
	id INTEGER PRIMARY KEY,
	content INTEGER NOT NULL UNIQUE,
	normal_hash INTEGER NOT NULL, -- of the normalised stack (src/util/stack_name.h): the same in other boots and builds
	exact_hash INTEGER NOT NULL, -- of the symbol texts
	address_hash INTEGER NOT NULL, -- of the addresses: the same within one boot, whatever module was unloaded
	depth INTEGER NOT NULL,
	top_frame TEXT, -- the first frame that is not the allocator's
	frames TEXT NOT NULL -- JSON array of t_frame identifiers, innermost first: a tenth of the rows a table would need
) STRICT;

CREATE TABLE t_finding(
	run_id INTEGER NOT NULL REFERENCES t_run,
	seq INTEGER NOT NULL,
	address INTEGER NOT NULL,
	size INTEGER NOT NULL,
	class TEXT NOT NULL CHECK (class IN ('virtual', 'physical', 'percpu')),
	verdict INTEGER NOT NULL REFERENCES t_verdict,
	reason TEXT,
	head INTEGER, -- address of the leak that an indirect one hangs on
	comm TEXT,
	pid INTEGER,
	jiffies INTEGER,
	age_ms INTEGER,
	stack_id INTEGER NOT NULL REFERENCES t_stack,
	checksum_state TEXT,
	PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

-- Findings by normalised stack; derived from t_finding when a run is committed.
CREATE TABLE t_group(
	run_id INTEGER NOT NULL REFERENCES t_run,
	normal_hash INTEGER NOT NULL,
	stack_id INTEGER NOT NULL REFERENCES t_stack, -- of the representative: the oldest of the most serious verdict
	address INTEGER NOT NULL, -- of the representative
	verdict INTEGER NOT NULL REFERENCES t_verdict, -- the most serious one in the group
	verdicts TEXT NOT NULL, -- JSON object: how many of each
	objects INTEGER NOT NULL,
	bytes INTEGER NOT NULL,
	leaked_objects INTEGER NOT NULL,
	leaked_bytes INTEGER NOT NULL,
	age_min_ms INTEGER,
	age_max_ms INTEGER,
	comm TEXT, -- of the representative
	pid INTEGER,
	comms INTEGER NOT NULL, -- how many different ones
	pids INTEGER NOT NULL,
	stacks INTEGER NOT NULL, -- how many different ones, before they were normalised
	PRIMARY KEY (run_id, normal_hash)
) STRICT, WITHOUT ROWID;

-- All live objects of a run, findings or not, by stack.
CREATE TABLE t_total(
	run_id INTEGER NOT NULL REFERENCES t_run,
	stack_id INTEGER NOT NULL REFERENCES t_stack,
	class TEXT NOT NULL CHECK (class IN ('virtual', 'physical', 'percpu')),
	objects INTEGER NOT NULL,
	bytes INTEGER NOT NULL,
	PRIMARY KEY (run_id, stack_id, class)
) STRICT, WITHOUT ROWID;

-- What `cat /sys/kernel/debug/kmemleak` would have printed, entry by entry.
CREATE TABLE t_listing(
	run_id INTEGER NOT NULL REFERENCES t_run,
	seq INTEGER NOT NULL,
	address INTEGER NOT NULL,
	size INTEGER NOT NULL,
	class TEXT NOT NULL CHECK (class IN ('virtual', 'physical', 'percpu')),
	comm BLOB NOT NULL, -- the raw bytes
	pid INTEGER NOT NULL,
	jiffies INTEGER NOT NULL,
	age_ms INTEGER NOT NULL, -- modulo 2^32, as the kernel computes it
	checksum INTEGER NOT NULL,
	content BLOB, -- the first bytes, at most 32
	cpu INTEGER, -- whose copy `content` is, for per-CPU objects
	stack_id INTEGER NOT NULL REFERENCES t_stack,
	PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE t_anomaly(
	run_id INTEGER NOT NULL REFERENCES t_run,
	seq INTEGER NOT NULL,
	kind TEXT NOT NULL,
	address INTEGER,
	message TEXT NOT NULL,
	PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

-- Counters, durations, options and library versions of a run.
CREATE TABLE t_value(
	run_id INTEGER NOT NULL REFERENCES t_run,
	kind TEXT NOT NULL CHECK (kind IN ('counter', 'duration_ms', 'option', 'library')),
	name TEXT NOT NULL,
	value ANY,
	PRIMARY KEY (run_id, kind, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX t_run_by_dump ON t_run(dump, dump_size, dump_mtime_ns);
CREATE INDEX t_run_by_boot ON t_run(boot_id);
CREATE INDEX t_stack_by_normal_hash ON t_stack(normal_hash);
CREATE INDEX t_stack_by_address_hash ON t_stack(address_hash);

CREATE VIEW runs AS
SELECT r.id AS run_id, r.dump, r.dump_size, r.dump_mtime_ns, r.dump_format, r.vmlinux, r.build_id, r.release, r.banner,
	r.arch, r.crash_time, r.boot_id, r.jiffies, r.hz, r.pages_total, r.pages_present, r.pages_missing, r.coverage,
	r.live, r.kmemleak_state, r.kmemleak_words, r.pool_exhausted, r.scan_in_progress, r.policy, r.partial,
	r.partial_why, r.tool_version, r.started_ms, r.finished_ms,
	(SELECT CAST(total(g.objects) AS INTEGER) FROM t_group g WHERE g.run_id = r.id) AS findings,
	(SELECT CAST(total(g.leaked_objects) AS INTEGER) FROM t_group g WHERE g.run_id = r.id) AS leaked_objects,
	(SELECT CAST(total(g.leaked_bytes) AS INTEGER) FROM t_group g WHERE g.run_id = r.id) AS leaked_bytes
FROM t_run r;

CREATE VIEW findings AS
SELECT f.run_id, f.seq, printf('0x%016x', f.address) AS address, f.size, f.class, v.name AS verdict, f.reason,
	CASE WHEN f.head IS NOT NULL THEN printf('0x%016x', f.head) END AS head,
	f.comm, f.pid, f.jiffies, f.age_ms, printf('%016x', s.normal_hash) AS stack_hash, s.top_frame, f.checksum_state,
	f.stack_id
FROM t_finding f JOIN t_verdict v ON v.id = f.verdict JOIN t_stack s ON s.id = f.stack_id;

CREATE VIEW groups AS
SELECT g.run_id, printf('%016x', g.normal_hash) AS stack_hash, v.name AS verdict, g.verdicts, g.objects, g.bytes,
	g.leaked_objects, g.leaked_bytes, g.age_min_ms, g.age_max_ms, g.comm, g.pid, g.comms, g.pids, g.stacks,
	printf('0x%016x', g.address) AS address, s.top_frame, g.stack_id
FROM t_group g JOIN t_verdict v ON v.id = g.verdict JOIN t_stack s ON s.id = g.stack_id;

CREATE VIEW stacks AS
SELECT s.id AS stack_id, printf('%016x', s.normal_hash) AS stack_hash, printf('%016x', s.exact_hash) AS exact_hash,
	s.depth, s.top_frame,
	(SELECT group_concat(symbol, char(10)) FROM (
		SELECT f.symbol FROM json_each(s.frames) j JOIN t_frame f ON f.id = j.value ORDER BY j.key)) AS frames
FROM t_stack s;

CREATE VIEW frames AS
SELECT s.id AS stack_id, j.key AS depth, printf('0x%016x', f.address) AS address, f.symbol, f.function, f.module,
	f.file, f.line
FROM t_stack s JOIN json_each(s.frames) j JOIN t_frame f ON f.id = j.value;

CREATE VIEW totals AS
SELECT t.run_id, printf('%016x', s.normal_hash) AS stack_hash, s.top_frame, t.class, t.objects, t.bytes, t.stack_id
FROM t_total t JOIN t_stack s ON s.id = t.stack_id;

CREATE VIEW anomalies AS
SELECT run_id, seq, kind, CASE WHEN address IS NOT NULL THEN printf('0x%016x', address) END AS address, message
FROM t_anomaly;

CREATE VIEW measurements AS
SELECT run_id, kind, name, value FROM t_value;
