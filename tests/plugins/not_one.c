/* SPDX-License-Identifier: GPL-2.0-or-later */
extern const int not_a_plugin;
const int not_a_plugin = 1;
