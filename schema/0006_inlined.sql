-- SPDX-License-Identifier: GPL-2.0-or-later
-- Version 6: frames of inlined functions.

-- 1: the function was inlined; it stands in front of the frame of the function that it became a part of.
ALTER TABLE t_frame ADD COLUMN inlined INTEGER NOT NULL DEFAULT 0 CHECK (inlined IN (0, 1));

DROP VIEW frames;
CREATE VIEW frames AS
SELECT s.id AS stack_id, j.key AS depth, printf('0x%016x', f.address) AS address, f.symbol, f.function, f.module,
	f.file, f.line, f.inlined
FROM t_stack s JOIN json_each(s.frames) j JOIN t_frame f ON f.id = j.value;

DROP VIEW stacks;
CREATE VIEW stacks AS
SELECT s.id AS stack_id, printf('%016x', s.normal_hash) AS stack_hash, printf('%016x', s.exact_hash) AS exact_hash,
	s.depth, s.top_frame,
	(SELECT group_concat(symbol, char(10)) FROM (
		SELECT f.symbol FROM json_each(s.frames) j JOIN t_frame f ON f.id = j.value WHERE NOT f.inlined
		ORDER BY j.key)) AS frames
FROM t_stack s;
