/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sees neither of the two variables named `both`. */
int gamma_one(int x);
int gamma_one(int x)
{
	return x - 1;
}

int delta_two(int x);
int delta_two(int x)
{
	return x - 2;
}
