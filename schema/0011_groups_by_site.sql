-- SPDX-License-Identifier: GPL-2.0-or-later
-- Version 11: a group is one normalized stack and one call site: thirteen lines of one function are thirteen groups.

CREATE TABLE t_group_by_site(
	run_id INTEGER NOT NULL REFERENCES t_run,
	normal_hash INTEGER NOT NULL,
	site INTEGER NOT NULL DEFAULT 0, -- site_id, 0 where none is known
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
	stacks INTEGER NOT NULL, -- how many different ones, before they were normalized
	direct_bytes INTEGER, -- of verdict leak
	retained_bytes INTEGER, -- by those
	class TEXT, -- of the representative, as are:
	site_id INTEGER REFERENCES t_site,
	reason TEXT,
	explained TEXT, -- reason of an explained finding in a group that leaks, too
	PRIMARY KEY (run_id, normal_hash, site)
) STRICT, WITHOUT ROWID;

INSERT INTO t_group_by_site SELECT run_id, normal_hash, coalesce(site_id, 0), stack_id, address, verdict, verdicts,
	objects, bytes, leaked_objects, leaked_bytes, age_min_ms, age_max_ms, comm, pid, comms, pids, stacks, direct_bytes,
	retained_bytes, class, site_id, reason, explained FROM t_group;

DROP VIEW runs;
DROP VIEW groups;
DROP TABLE t_group;
ALTER TABLE t_group_by_site RENAME TO t_group;

CREATE VIEW runs AS
SELECT r.id AS run_id, r.dump, r.dump_size, r.dump_mtime_ns, r.dump_format, r.vmlinux, r.build_id, r.release, r.banner,
	r.arch, r.crash_time, r.boot_id, r.jiffies, r.hz, r.pages_total, r.pages_present, r.pages_missing, r.coverage,
	r.live, r.kmemleak_state, r.kmemleak_words, r.pool_exhausted, r.scan_in_progress, r.policy, r.partial,
	r.partial_why, r.tool_version, r.started_ms, r.finished_ms,
	(SELECT CAST(total(g.objects) AS INTEGER) FROM t_group g WHERE g.run_id = r.id) AS findings,
	(SELECT CAST(total(g.leaked_objects) AS INTEGER) FROM t_group g WHERE g.run_id = r.id) AS leaked_objects,
	(SELECT CAST(total(g.leaked_bytes) AS INTEGER) FROM t_group g WHERE g.run_id = r.id) AS leaked_bytes,
	r.profiling_state, coalesce(r.source, 'kmemleak') AS source, r.origin, r.origin_run, r.host, r.uptime_ms,
	r.command, r.label
FROM t_run r;

CREATE VIEW groups AS
SELECT g.run_id, printf('%016x', g.normal_hash) AS stack_hash, v.name AS verdict, g.verdicts, g.objects, g.bytes,
	g.leaked_objects, g.leaked_bytes, g.age_min_ms, g.age_max_ms, g.comm, g.pid, g.comms, g.pids, g.stacks,
	printf('0x%016x', g.address) AS address, s.top_frame, g.stack_id, g.direct_bytes, g.retained_bytes,
	c.file || ':' || c.line AS site, c.function AS site_function, c.module AS site_module
FROM t_group g JOIN t_verdict v ON v.id = g.verdict JOIN t_stack s ON s.id = g.stack_id
LEFT JOIN t_site c ON c.id = g.site_id;
