-- SPDX-License-Identifier: GPL-2.0-or-later
-- Version 4: who refers to a finding, what findings are made of, and which leaked object leads to which.

-- Names that occur again and again, each once for all runs.
CREATE TABLE t_text(
	id INTEGER PRIMARY KEY,
	content INTEGER NOT NULL UNIQUE, -- hash of the text
	text TEXT NOT NULL
) STRICT;

-- Words that hold the address of an object, or one inside it, as far as a marking looks at them. Columns are those of
-- struct kl_store_word in src/store/rows.h, where each is explained.
CREATE TABLE t_reference(
	run_id INTEGER NOT NULL REFERENCES t_run,
	target INTEGER NOT NULL, -- address of the object
	seq INTEGER NOT NULL, -- within the run
	at INTEGER, -- address of the word; NULL: a register, or a list that is known otherwise
	kind INTEGER NOT NULL REFERENCES t_text, -- of the holder
	holder INTEGER, -- its address; NULL likewise
	name INTEGER REFERENCES t_text, -- NULL: made of type, member and cache
	cache INTEGER REFERENCES t_text,
	type INTEGER REFERENCES t_text,
	member INTEGER REFERENCES t_text,
	allocator INTEGER REFERENCES t_text,
	class INTEGER NOT NULL REFERENCES t_text,
	why INTEGER NOT NULL REFERENCES t_text,
	traits INTEGER NOT NULL REFERENCES t_text,
	grade INTEGER REFERENCES t_text,
	counts INTEGER NOT NULL CHECK (counts IN (0, 1)),
	PRIMARY KEY (run_id, target, seq)
) STRICT, WITHOUT ROWID;

ALTER TABLE t_run ADD COLUMN edges TEXT; -- whose references are stored: 'findings', 'all'; NULL: nobody's

ALTER TABLE t_finding ADD COLUMN cache INTEGER REFERENCES t_text;
ALTER TABLE t_finding ADD COLUMN type INTEGER REFERENCES t_text;
ALTER TABLE t_finding ADD COLUMN found INTEGER; -- references that count
ALTER TABLE t_finding ADD COLUMN needed INTEGER;
ALTER TABLE t_finding ADD COLUMN parent INTEGER; -- address of the leaked object without which nothing leads to it
ALTER TABLE t_finding ADD COLUMN retained_objects INTEGER; -- those that only this one leads to, with itself
ALTER TABLE t_finding ADD COLUMN retained_bytes INTEGER;

ALTER TABLE t_group ADD COLUMN direct_bytes INTEGER; -- of verdict leak
ALTER TABLE t_group ADD COLUMN retained_bytes INTEGER; -- by those

DROP VIEW findings;
CREATE VIEW findings AS
SELECT f.run_id, f.seq, printf('0x%016x', f.address) AS address, f.size, f.class, v.name AS verdict, f.reason,
	CASE WHEN f.head IS NOT NULL THEN printf('0x%016x', f.head) END AS head,
	f.comm, f.pid, f.jiffies, f.age_ms, printf('%016x', s.normal_hash) AS stack_hash, s.top_frame, f.checksum_state,
	f.stack_id, c.file || ':' || c.line AS site, c.function AS site_function, c.module AS site_module, f.site_deduced,
	cache.text AS cache, type.text AS type, f.found AS references_found, f.needed AS references_needed,
	CASE WHEN f.parent IS NOT NULL THEN printf('0x%016x', f.parent) END AS parent, f.retained_objects, f.retained_bytes
FROM t_finding f JOIN t_verdict v ON v.id = f.verdict JOIN t_stack s ON s.id = f.stack_id
LEFT JOIN t_site c ON c.id = f.site_id
LEFT JOIN t_text cache ON cache.id = f.cache LEFT JOIN t_text type ON type.id = f.type;

DROP VIEW groups;
CREATE VIEW groups AS
SELECT g.run_id, printf('%016x', g.normal_hash) AS stack_hash, v.name AS verdict, g.verdicts, g.objects, g.bytes,
	g.leaked_objects, g.leaked_bytes, g.age_min_ms, g.age_max_ms, g.comm, g.pid, g.comms, g.pids, g.stacks,
	printf('0x%016x', g.address) AS address, s.top_frame, g.stack_id, g.direct_bytes, g.retained_bytes
FROM t_group g JOIN t_verdict v ON v.id = g.verdict JOIN t_stack s ON s.id = g.stack_id;

CREATE VIEW refs AS
SELECT r.run_id, r.seq, printf('0x%016x', r.target) AS target,
	CASE WHEN r.at IS NOT NULL THEN printf('0x%016x', r.at) END AS at, kind.text AS holder_kind,
	CASE WHEN r.holder IS NOT NULL THEN printf('0x%016x', r.holder) END AS holder,
	r.at - r.holder AS offset,
	coalesce(name.text, type.text || '.' || member.text, coalesce(type.text, cache.text) || printf('+0x%x', r.at - r.holder))
		AS name,
	cache.text AS cache, type.text AS type, member.text AS member, allocator.text AS allocator, r.counts,
	class.text AS class, why.text AS why, traits.text AS traits, grade.text AS grade
FROM t_reference r JOIN t_text kind ON kind.id = r.kind JOIN t_text class ON class.id = r.class
JOIN t_text why ON why.id = r.why JOIN t_text traits ON traits.id = r.traits
LEFT JOIN t_text name ON name.id = r.name LEFT JOIN t_text cache ON cache.id = r.cache
LEFT JOIN t_text type ON type.id = r.type LEFT JOIN t_text member ON member.id = r.member
LEFT JOIN t_text allocator ON allocator.id = r.allocator LEFT JOIN t_text grade ON grade.id = r.grade;
