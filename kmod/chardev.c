// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/fraktor: from system calls to readers, and nothing that these do
 * themselves.  ioctl(2) has a file of its own.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/poll.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "fraktor.h"

/* Records moved with one lock held, and kept on the stack meanwhile. */
#define CHARDEV_BATCH	8

static int chardev_open(struct inode *inode, struct file *file)
{
	struct fraktor_reader *reader = fraktor_reader_new();

	if (!reader)
		return -ENOMEM;
	file->private_data = reader;
	/* read_iter honours IOCB_NOWAIT: io_uring need not use a worker. */
	file->f_mode |= FMODE_NOWAIT;
	return stream_open(inode, file);
}

static int chardev_flush(struct file *file, fl_owner_t id)
{
	fraktor_reader_flush(file->private_data);
	return 0;
}

static int chardev_release(struct inode *inode, struct file *file)
{
	fraktor_reader_free(file->private_data);
	return 0;
}

/* --- read, poll, mmap -------------------------------------------------- */

static ssize_t chardev_copy(struct fraktor_reader *reader, struct iov_iter *to)
{
	struct fraktor_tick ticks[CHARDEV_BATCH];
	ssize_t copied = 0;
	size_t n, len;

	while (iov_iter_count(to) >= sizeof(*ticks)) {
		n = min_t(size_t, CHARDEV_BATCH,
			  iov_iter_count(to) / sizeof(*ticks));
		n = fraktor_reader_pop(reader, ticks, n);
		if (!n)
			break;
		len = copy_to_iter(ticks, n * sizeof(*ticks), to);
		copied += len;
		if (len != n * sizeof(*ticks))
			return copied ? copied : -EFAULT;
	}
	return copied;
}

/* Wait for a record that is due; another thread may have it all the same. */
static __always_inline int chardev_wait(struct fraktor_reader *reader,
					bool nonblock, bool *ret_led)
{
	int ret = fraktor_wait_read(reader, nonblock);

	if (unlikely(ret < 0))
		return ret;
	*ret_led = READ_ONCE(reader->led);
	return unlikely(*ret_led) ? fraktor_hold_wait(reader) : 0;
}

static int chardev_lock(struct fraktor_reader *reader, bool nonblock)
{
	if (nonblock)
		return mutex_trylock(&reader->read_mutex) ? 0 : -EAGAIN;
	return mutex_lock_interruptible(&reader->read_mutex) ? -ERESTARTSYS : 0;
}

static ssize_t chardev_read_iter(struct kiocb *kiocb, struct iov_iter *to)
{
	struct file *file = kiocb->ki_filp;
	struct fraktor_reader *reader = file->private_data;
	bool nonblock = (file->f_flags & O_NONBLOCK) ||
			(kiocb->ki_flags & IOCB_NOWAIT);
	ssize_t ret;
	bool led;

	if (!fraktor_reader_is_ready(reader))
		return -ENOTCONN;
	if (iov_iter_count(to) < sizeof(struct fraktor_tick))
		return -EINVAL;
	/*
	 * A record taken out of the ring must not get lost on a bad address:
	 * make sure of the buffer, as far as one ring could fill it.
	 */
	iov_iter_truncate(to, reader->area.data_len);
	if (fault_in_iov_iter_writeable(to, iov_iter_count(to)))
		return -EFAULT;
	ret = chardev_lock(reader, nonblock);
	if (ret)
		return ret;
	do {
		ret = chardev_wait(reader, nonblock, &led) ?:
		      chardev_copy(reader, to);
	} while (!ret);
	mutex_unlock(&reader->read_mutex);
	return ret;
}

/*
 * From the slot into the reader's memory.  The record is taken behind that: none
 * gets lost on a bad address.
 *
 * Return: 1, 0 if fraktor_reader_pop() has to see to it, or -EFAULT.
 */
static int chardev_move(struct fraktor_reader *reader,
			struct fraktor_tick __user *to)
{
	const struct fraktor_tick *tick;
	u64 tail;

	if (!fraktor_ring_look(&reader->ring, &tail, &tick))
		return 0;
	if (!user_write_access_begin(to, sizeof(*to)))
		return -EFAULT;
	unsafe_put_user(tail + 1, &to->seq, fault);
	unsafe_put_user(READ_ONCE(tick->deadline_ns), &to->deadline_ns, fault);
	unsafe_put_user(READ_ONCE(tick->fired_ns), &to->fired_ns, fault);
	/* Periods, source and flags fill a word, and are moved as one. */
	unsafe_put_user(READ_ONCE(*(const u64 *)&tick->periods),
			(u64 __user *)&to->periods, fault);
	user_write_access_end();
	return fraktor_ring_claim(&reader->ring, tail);

fault:
	user_write_access_end();
	return -EFAULT;
}

/* What chardev_move() does not see to; a reader with a lead has asked before. */
static noinline int chardev_pop(struct fraktor_reader *reader,
				struct fraktor_tick __user *to)
{
	struct fraktor_tick tick;

	if (!READ_ONCE(reader->led) &&
	    fault_in_safe_writeable((char __user *)to, sizeof(*to)))
		return -EFAULT;
	if (!fraktor_reader_pop(reader, &tick, 1))
		return 0;
	return copy_to_user(to, &tick, sizeof(tick)) ? -EFAULT : 1;
}

/*
 * At least one record has room; with a lead, any of them may be held back.
 *
 * Return: bytes, 0 if there was no record after all, or -EFAULT.
 */
static __always_inline ssize_t chardev_copy_user(struct fraktor_reader *reader,
						 struct fraktor_tick __user *to,
						 size_t n, bool led)
{
	ssize_t copied = 0;
	int ret;

	do {
		ret = unlikely(led) ? 0 : chardev_move(reader, to);
		if (unlikely(!ret))
			ret = chardev_pop(reader, to);
		if (unlikely(ret <= 0))
			return copied ? copied : ret;
		copied += sizeof(*to);
		to++;
	} while (--n);
	return copied;
}

/*
 * read(2) has one buffer, and most often room for one record: without an
 * iterator, a lock and a second copy it is back in user space much sooner.
 */
static ssize_t chardev_read(struct file *file, char __user *buf, size_t len,
			    loff_t *pos)
{
	struct fraktor_reader *reader = file->private_data;
	struct fraktor_tick __user *to = (struct fraktor_tick __user *)buf;
	bool nonblock = file->f_flags & O_NONBLOCK;
	ssize_t ret;
	bool led;

	if (!fraktor_reader_is_ready(reader))
		return -ENOTCONN;
	if (len < sizeof(*to))
		return -EINVAL;
	len = min(len, reader->area.data_len);
	/* As in chardev_read_iter(), where a record is taken before it is copied. */
	if (unlikely(READ_ONCE(reader->led)) && fault_in_safe_writeable(buf, len))
		return -EFAULT;
	ret = chardev_lock(reader, nonblock);
	if (ret)
		return ret;
	do {
		ret = chardev_wait(reader, nonblock, &led) ?:
		      chardev_copy_user(reader, to, len / sizeof(*to), led);
	} while (!ret);
	mutex_unlock(&reader->read_mutex);
	return ret;
}

static __poll_t chardev_poll(struct file *file, struct poll_table_struct *table)
{
	return fraktor_wait_poll(file->private_data, file, table);
}

static int chardev_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct fraktor_reader *reader = file->private_data;

	if (!fraktor_reader_is_ready(reader))
		return -ENOTCONN;
	return fraktor_area_mmap(&reader->area, vma);
}

/* --- the device -------------------------------------------------------- */

static const struct file_operations chardev_fops = {
	.owner = THIS_MODULE,
	.open = chardev_open,
	.flush = chardev_flush,
	.release = chardev_release,
	.read = chardev_read,
	.read_iter = chardev_read_iter,
	.poll = chardev_poll,
	.mmap = chardev_mmap,
	.unlocked_ioctl = fraktor_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.uring_cmd = fraktor_uring_cmd,
};

static struct miscdevice chardev_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "fraktor",
	.fops = &chardev_fops,
	.mode = 0600,
};

int fraktor_chardev_init(void)
{
	BUILD_BUG_ON(sizeof(struct fraktor_tick) != 32);
	BUILD_BUG_ON(sizeof(struct fraktor_meta) != 1216);
	BUILD_BUG_ON(sizeof(struct fraktor_consumer) != 64);
	return misc_register(&chardev_misc);
}

void fraktor_chardev_exit(void)
{
	misc_deregister(&chardev_misc);
}
