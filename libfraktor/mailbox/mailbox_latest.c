// SPDX-License-Identifier: MIT
/*
 * mailbox_latest.c - of one kind and sender only the latest: frk_mailbox_latest of
 * <fraktor/mailbox.h>, by what is public there and nothing else.
 */
#include <fraktor/mailbox.h>

/**
 * struct line - what waits
 * @first: what comes next.
 * @last: where another one goes; NULL if there is none.
 */
struct line {
	struct frk_mail *first;
	struct frk_mail *last;
};

/* Nobody waits for it: it is as good as the one that comes after it. */
static int is_plain(const struct frk_mail *mail)
{
	return frk_mail_is_letter(mail) && !frk_mail_message(mail)->ask.life;
}

static int is_newer(const struct frk_message *message, const struct frk_mail *mail)
{
	const struct frk_message *old = frk_mail_message(mail);

	return old->kind == message->kind && old->sender.index == message->sender.index &&
	       old->sender.life == message->sender.life && is_plain(mail);
}

/* The link to the one that it is to replace; NULL for none. */
static struct frk_mail **find(struct line *line, const struct frk_message *message)
{
	for (struct frk_mail **link = &line->first; *link; link = &(*link)->next)
		if (is_newer(message, *link))
			return link;
	return NULL;
}

static struct frk_mail *replace(struct line *line, struct frk_mail **link,
				struct frk_mail *mail)
{
	struct frk_mail *old = *link;

	mail->next = old->next;
	*link = mail;
	if (line->last == old)
		line->last = mail;
	return old;
}

static void append(struct line *line, struct frk_mail *mail)
{
	mail->next = NULL;
	if (line->last)
		line->last->next = mail;
	else
		line->first = mail;
	line->last = mail;
}

static struct frk_mail *push(void *state, struct frk_mail *mail,
			     const struct frk_message *message)
{
	struct line *line = state;
	struct frk_mail **link = is_plain(mail) ? find(line, message) : NULL;

	if (link)
		return replace(line, link, mail);
	append(line, mail);
	return NULL;
}

static struct frk_mail *pop(void *state)
{
	struct line *line = state;
	struct frk_mail *mail = line->first;

	if (!mail)
		return NULL;
	line->first = mail->next;
	if (!line->first)
		line->last = NULL;
	return mail;
}

const struct frk_mailbox_ops frk_mailbox_latest = {
	.size = sizeof(frk_mailbox_latest),
	.name = "latest",
	.state_size = sizeof(struct line),
	.push = push,
	.pop = pop,
};
