// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/fraktor: from system calls to readers, and nothing that these do
 * themselves.  ioctl(2) has a file of its own.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
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

static ssize_t chardev_read_locked(struct fraktor_reader *reader,
				   struct iov_iter *to, bool nonblock)
{
	ssize_t ret;

	/* Another thread may have the record through the mapping: again. */
	do {
		ret = fraktor_wait_read(reader, nonblock);
		if (ret < 0)
			return ret;
		ret = chardev_copy(reader, to);
	} while (!ret);
	return ret;
}

static ssize_t chardev_read_iter(struct kiocb *kiocb, struct iov_iter *to)
{
	struct file *file = kiocb->ki_filp;
	struct fraktor_reader *reader = file->private_data;
	bool nonblock = (file->f_flags & O_NONBLOCK) ||
			(kiocb->ki_flags & IOCB_NOWAIT);
	ssize_t ret;

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
	if (nonblock) {
		if (!mutex_trylock(&reader->read_mutex))
			return -EAGAIN;
	} else if (mutex_lock_interruptible(&reader->read_mutex)) {
		return -ERESTARTSYS;
	}
	ret = chardev_read_locked(reader, to, nonblock);
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
