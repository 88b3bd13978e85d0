/* SPDX-License-Identifier: MIT */
/*
 * errno.h - the numbers that the freestanding folders return, where no C library has
 * them: those of Linux, so that a number means the same everywhere.  No errno.
 */
#ifndef FRKI_FREESTANDING_ERRNO_H
#define FRKI_FREESTANDING_ERRNO_H

#define EPERM 1
#define ENOENT 2
#define EAGAIN 11
#define ENOMEM 12
#define EBUSY 16
#define EEXIST 17
#define EINVAL 22
#define ERANGE 34
#define EBADMSG 74
#define EMSGSIZE 90
#define ENOBUFS 105
#define ESHUTDOWN 108
#define ETIMEDOUT 110
#define EHOSTDOWN 112
#define EALREADY 114
#define ESTALE 116

#endif /* FRKI_FREESTANDING_ERRNO_H */
