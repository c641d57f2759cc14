-- SPDX-License-Identifier: GPL-2.0-or-later
-- Version 12: what several dumps of one boot say about an object, and how a run was asked for.

ALTER TABLE t_finding ADD COLUMN unref_scans INTEGER; -- of the kernel's own scans, in a row
ALTER TABLE t_finding ADD COLUMN content INTEGER; -- hash of its bytes; NULL: not all of them are in the dump
ALTER TABLE t_finding ADD COLUMN dumps INTEGER; -- in a row in which it was unreferenced, with this one

-- What the dump alone said of the leaks of a run, where the dumps before it say something else (src/store/object_history.h).
CREATE TABLE t_alone(
	run_id INTEGER NOT NULL REFERENCES t_run,
	seq INTEGER NOT NULL, -- of the finding
	verdict INTEGER NOT NULL REFERENCES t_verdict,
	reason TEXT,
	head INTEGER,
	parent INTEGER,
	retained_objects INTEGER,
	retained_bytes INTEGER,
	PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

ALTER TABLE t_run ADD COLUMN request TEXT; -- all that was asked of the analysis: the same for two runs made in the same way

DROP VIEW findings;
CREATE VIEW findings AS
SELECT f.run_id, f.seq, printf('0x%016x', f.address) AS address, f.size, f.class, v.name AS verdict, f.reason,
	CASE WHEN f.head IS NOT NULL THEN printf('0x%016x', f.head) END AS head,
	f.comm, f.pid, f.jiffies, f.age_ms, printf('%016x', s.normal_hash) AS stack_hash, s.top_frame, f.checksum_state,
	f.stack_id, c.file || ':' || c.line AS site, c.function AS site_function, c.module AS site_module, f.site_deduced,
	cache.text AS cache, type.text AS type, f.found AS references_found, f.needed AS references_needed,
	CASE WHEN f.parent IS NOT NULL THEN printf('0x%016x', f.parent) END AS parent, f.retained_objects, f.retained_bytes,
	f.unref_scans, f.dumps, CASE WHEN f.content IS NOT NULL THEN printf('%016x', f.content) END AS content_hash
FROM t_finding f JOIN t_verdict v ON v.id = f.verdict JOIN t_stack s ON s.id = f.stack_id
LEFT JOIN t_site c ON c.id = f.site_id
LEFT JOIN t_text cache ON cache.id = f.cache LEFT JOIN t_text type ON type.id = f.type;
