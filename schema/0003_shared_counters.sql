-- SPDX-License-Identifier: GPL-2.0-or-later
-- Version 3: call sites that have the counters of another one (all modules, where static per-CPU variables must be weak).

ALTER TABLE t_allocation ADD COLUMN counters_of INTEGER; -- seq of the first that has them; NULL: they are its own
