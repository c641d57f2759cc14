-- SPDX-License-Identifier: GPL-2.0-or-later
-- Version 9: whose dump it is, and what it is called.

ALTER TABLE t_run ADD COLUMN host TEXT; -- utsname's nodename
ALTER TABLE t_run ADD COLUMN uptime_ms INTEGER;
ALTER TABLE t_run ADD COLUMN command TEXT; -- the command line that made the run
ALTER TABLE t_run ADD COLUMN label TEXT; -- given by the user

DROP VIEW runs;
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
