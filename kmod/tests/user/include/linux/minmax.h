/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FRAKTOR_USER_MINMAX_H
#define FRAKTOR_USER_MINMAX_H

#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min3(a, b, c) min(min(a, b), c)
#define min_t(type, a, b) min((type)(a), (type)(b))

#endif
