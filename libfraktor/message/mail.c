// SPDX-License-Identifier: MIT
/*
 * mail.c - what an order of messages may know of one; see <fraktor/mailbox.h>.
 */
#include "message/envelope.h"

static const struct frki_envelope *envelope_of(const struct frk_mail *mail)
{
	return frki_container_of(mail, const struct frki_envelope, mail);
}

const struct frk_message *frk_mail_message(const struct frk_mail *mail)
{
	return &envelope_of(mail)->message;
}

int frk_mail_is_letter(const struct frk_mail *mail)
{
	return envelope_of(mail)->owner == FRKI_ENVELOPE_LETTER;
}
