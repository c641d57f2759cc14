/* SPDX-License-Identifier: GPL-2.0-or-later */
/* page.h: the page of `--format html`: what stands before and behind the JSON that it shows (scripts/embed-page). */
#ifndef KL_REPORT_PAGE_H
#define KL_REPORT_PAGE_H

extern const char kl_html_before[], kl_html_after[];

#endif
