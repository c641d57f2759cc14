-- SPDX-License-Identifier: GPL-2.0-or-later
-- Version 7: what a run was told by others than the dump: rules that suppress findings, and plugins.

-- Columns are those of struct kl_store_advice in src/store/rows.h, where each is explained.
CREATE TABLE t_advice(
	run_id INTEGER NOT NULL REFERENCES t_run,
	seq INTEGER NOT NULL,
	kind TEXT NOT NULL, -- 'suppression', 'plugin'
	name TEXT NOT NULL,
	version TEXT, -- of a plugin
	origin TEXT NOT NULL, -- file, or file and line
	state TEXT NOT NULL,
	note TEXT,
	objects INTEGER NOT NULL,
	bytes INTEGER NOT NULL,
	PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

CREATE VIEW suppressions AS
SELECT run_id, seq, name, origin, state, note AS comment, objects, bytes FROM t_advice WHERE kind = 'suppression';

CREATE VIEW plugins AS
SELECT run_id, seq, name, version, origin AS path, state, note, objects, bytes FROM t_advice WHERE kind = 'plugin';
