/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pager.h: results on a terminal go through a pager, as git's do. */
#ifndef KL_CLI_PAGER_H
#define KL_CLI_PAGER_H

/** kl_cli_pager_begin() - start $KLEAK_PAGER, else $PAGER, else less, and let stdout lead there; nothing when that is
 * empty or "cat", or the terminal is a dumb one. less is told to end when all fits on a screen and to show colors,
 * unless $LESS says otherwise. Before the sandbox is entered, which runs no programs. Without a pager, output goes to
 * the terminal. */
void kl_cli_pager_begin(void);

/** kl_cli_pager_end() - wait until the user has seen enough; stdout has to be closed before. */
void kl_cli_pager_end(void);

#endif
