-- SPDX-License-Identifier: GPL-2.0-or-later
-- Version 2: call sites of memory allocation profiling, their counters per run, and the call site of each finding.

ALTER TABLE t_run ADD COLUMN profiling_state TEXT; -- NULL: the run is older than this table
ALTER TABLE t_run ADD COLUMN profiling_file INTEGER; -- 1: the kernel had a /proc/allocinfo
ALTER TABLE t_run ADD COLUMN allocinfo_version INTEGER; -- 10 is "1.0", 20 is "2.0"

-- A call site is the same in every run that has its file, line, module and function.
CREATE TABLE t_site(
	id INTEGER PRIMARY KEY,
	content INTEGER NOT NULL UNIQUE, -- hash of the four
	file TEXT, -- NULL: gone with the module
	line INTEGER NOT NULL,
	module TEXT, -- NULL: the kernel itself; '': gone with the module
	function TEXT
) STRICT;

-- Columns are those of struct kl_store_allocation in src/store/rows.h, where each is explained.
CREATE TABLE t_allocation(
	run_id INTEGER NOT NULL REFERENCES t_run,
	seq INTEGER NOT NULL, -- order of /proc/allocinfo
	site_id INTEGER NOT NULL REFERENCES t_site,
	tag INTEGER NOT NULL, -- address
	listed INTEGER NOT NULL CHECK (listed IN (0, 1)),
	unloaded INTEGER NOT NULL CHECK (unloaded IN (0, 1)),
	inaccurate INTEGER NOT NULL CHECK (inaccurate IN (0, 1)),
	bytes INTEGER,
	calls INTEGER,
	slab_bytes INTEGER NOT NULL,
	slab_objects INTEGER NOT NULL,
	page_bytes INTEGER NOT NULL,
	page_calls INTEGER NOT NULL,
	percpu_bytes INTEGER NOT NULL,
	percpu_calls INTEGER NOT NULL,
	stale_pages INTEGER NOT NULL,
	cause TEXT NOT NULL,
	objects INTEGER NOT NULL,
	object_bytes INTEGER NOT NULL,
	leaked_objects INTEGER NOT NULL,
	leaked_bytes INTEGER NOT NULL,
	PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

ALTER TABLE t_finding ADD COLUMN site_id INTEGER REFERENCES t_site;
ALTER TABLE t_finding ADD COLUMN site_deduced INTEGER; -- 1: told by another object's stack

DROP VIEW runs;
CREATE VIEW runs AS
SELECT r.id AS run_id, r.dump, r.dump_size, r.dump_mtime_ns, r.dump_format, r.vmlinux, r.build_id, r.release, r.banner,
	r.arch, r.crash_time, r.boot_id, r.jiffies, r.hz, r.pages_total, r.pages_present, r.pages_missing, r.coverage,
	r.live, r.kmemleak_state, r.kmemleak_words, r.pool_exhausted, r.scan_in_progress, r.policy, r.partial,
	r.partial_why, r.tool_version, r.started_ms, r.finished_ms,
	(SELECT CAST(total(g.objects) AS INTEGER) FROM t_group g WHERE g.run_id = r.id) AS findings,
	(SELECT CAST(total(g.leaked_objects) AS INTEGER) FROM t_group g WHERE g.run_id = r.id) AS leaked_objects,
	(SELECT CAST(total(g.leaked_bytes) AS INTEGER) FROM t_group g WHERE g.run_id = r.id) AS leaked_bytes,
	r.profiling_state
FROM t_run r;

DROP VIEW findings;
CREATE VIEW findings AS
SELECT f.run_id, f.seq, printf('0x%016x', f.address) AS address, f.size, f.class, v.name AS verdict, f.reason,
	CASE WHEN f.head IS NOT NULL THEN printf('0x%016x', f.head) END AS head,
	f.comm, f.pid, f.jiffies, f.age_ms, printf('%016x', s.normal_hash) AS stack_hash, s.top_frame, f.checksum_state,
	f.stack_id, c.file || ':' || c.line AS site, c.function AS site_function, c.module AS site_module, f.site_deduced
FROM t_finding f JOIN t_verdict v ON v.id = f.verdict JOIN t_stack s ON s.id = f.stack_id
LEFT JOIN t_site c ON c.id = f.site_id;

CREATE VIEW allocations AS
SELECT a.run_id, a.seq, c.file || ':' || c.line AS site, c.file, c.line, c.module, c.function, a.listed, a.unloaded,
	NOT a.inaccurate AS accurate, a.bytes, a.calls, a.bytes / nullif(a.calls, 0) AS average,
	a.slab_bytes + a.page_bytes + a.percpu_bytes AS counted_bytes,
	a.slab_objects + a.page_calls + a.percpu_calls AS counted_calls,
	a.slab_bytes, a.page_bytes, a.percpu_bytes, a.cause, a.objects, a.object_bytes, a.leaked_objects, a.leaked_bytes
FROM t_allocation a JOIN t_site c ON c.id = a.site_id;
