-- SPDX-License-Identifier: GPL-2.0-or-later
-- Version 10: all that is said of a group stands in the group: reading a run takes as long as it has groups.

ALTER TABLE t_group ADD COLUMN class TEXT; -- of the representative, as are:
ALTER TABLE t_group ADD COLUMN site_id INTEGER REFERENCES t_site;
ALTER TABLE t_group ADD COLUMN reason TEXT;
ALTER TABLE t_group ADD COLUMN explained TEXT; -- reason of an explained finding in a group that leaks, too

UPDATE t_group SET class = f.class, site_id = f.site_id, reason = f.reason
FROM (SELECT run_id, address, max(class) AS class, max(site_id) AS site_id, max(reason) AS reason
	FROM t_finding GROUP BY run_id, address) f
WHERE f.run_id = t_group.run_id AND f.address = t_group.address;
UPDATE t_group SET explained = f.reason
FROM (SELECT t.run_id, s.normal_hash, min(t.reason) AS reason FROM t_finding t JOIN t_stack s ON s.id = t.stack_id
	WHERE t.verdict = 70 GROUP BY t.run_id, s.normal_hash) f
WHERE f.run_id = t_group.run_id AND f.normal_hash = t_group.normal_hash AND t_group.leaked_objects;
