// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/fraktor: from system calls to readers and sources, and nothing that
 * the two do themselves.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/string.h>
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

/*
 * A process that dies closes its descriptors before io_uring gives up its
 * ring: end its wait here.  Another holder of the file only waits again.
 */
static int chardev_flush(struct file *file, fl_owner_t id)
{
	struct fraktor_reader *reader = file->private_data;

	if (fraktor_reader_source(reader))
		fraktor_uring_release(reader);
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

	if (!fraktor_reader_source(reader))
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

	if (!fraktor_reader_source(reader))
		return -ENOTCONN;
	return fraktor_area_mmap(&reader->area, vma);
}

/* --- ioctl ------------------------------------------------------------- */

static long chardev_info(struct fraktor_reader *reader, void *arg)
{
	struct fraktor_source *source = fraktor_reader_source(reader);
	struct fraktor_info *info = arg;
	unsigned long flags;

	memset(info, 0, sizeof(*info));
	fraktor_limits_info(info);
	if (!source)
		return 0;
	info->source = source->id;
	info->period_ns = source->period_ns;
	strscpy(info->name, source->name, sizeof(info->name));
	info->clockid = source->clockid;
	info->cpu = source->cpu;
	info->missed = source->missed;
	info->slots = reader->ring.mask + 1;
	info->owner = reader->owner;
	raw_spin_lock_irqsave(&source->lock, flags);
	info->state = source->state;
	info->reason = source->reason;
	raw_spin_unlock_irqrestore(&source->lock, flags);
	return 0;
}

static long chardev_create(struct fraktor_reader *reader, void *arg)
{
	struct fraktor_create *create = arg;

	if (create->source || memchr_inv(create->reserved, 0,
					 sizeof(create->reserved)))
		return -EINVAL;
	return fraktor_reader_create(reader, create);
}

static long chardev_attach(struct fraktor_reader *reader, void *arg)
{
	struct fraktor_attach *attach = arg;

	if (memchr_inv(attach->reserved, 0, sizeof(attach->reserved)) ||
	    strnlen(attach->name, sizeof(attach->name)) == sizeof(attach->name))
		return -EINVAL;
	return fraktor_reader_attach(reader, attach);
}

/* Start and stop belong to the file that made the source. */
static long chardev_own(struct fraktor_reader *reader,
			struct fraktor_source **ret_source)
{
	struct fraktor_source *source = fraktor_reader_source(reader);

	if (!source)
		return -ENOTCONN;
	if (!reader->owner)
		return -EPERM;
	*ret_source = source;
	return 0;
}

static long chardev_start(struct fraktor_reader *reader, void *arg)
{
	struct fraktor_source *source;
	long err = chardev_own(reader, &source);

	return err ? err : fraktor_source_start(source);
}

static long chardev_stop(struct fraktor_reader *reader, void *arg)
{
	struct fraktor_source *source;
	long err = chardev_own(reader, &source);

	return err ? err : fraktor_source_stop(source, FRAKTOR_REASON_ASKED);
}

/*
 * Each ioctl by its number; the size in the command is the caller's idea of
 * the structure.  @size_ver0 is the structure of the first release: nobody
 * can know a shorter one.
 */
static const struct chardev_ioctl {
	unsigned int dir;
	size_t size;
	size_t size_ver0;
	long (*fn)(struct fraktor_reader *reader, void *arg);
} chardev_ioctls[] = {
	[_IOC_NR(FRAKTOR_IOC_INFO)] = {
		_IOC_READ, sizeof(struct fraktor_info), 160, chardev_info
	},
	[_IOC_NR(FRAKTOR_IOC_CREATE)] = {
		_IOC_READ | _IOC_WRITE, sizeof(struct fraktor_create), 72,
		chardev_create
	},
	[_IOC_NR(FRAKTOR_IOC_ATTACH)] = {
		_IOC_READ | _IOC_WRITE, sizeof(struct fraktor_attach), 48,
		chardev_attach
	},
	[_IOC_NR(FRAKTOR_IOC_START)] = { _IOC_NONE, 0, 0, chardev_start },
	[_IOC_NR(FRAKTOR_IOC_STOP)] = { _IOC_NONE, 0, 0, chardev_stop },
};

union chardev_arg {
	struct fraktor_info info;
	struct fraktor_create create;
	struct fraktor_attach attach;
};

static long chardev_ioctl(struct file *file, unsigned int cmd,
			  unsigned long user_arg)
{
	void __user *user = (void __user *)user_arg;
	const struct chardev_ioctl *ioctl;
	size_t user_size = _IOC_SIZE(cmd);
	union chardev_arg arg;
	long ret;

	if (_IOC_TYPE(cmd) != FRAKTOR_IOC_MAGIC ||
	    _IOC_NR(cmd) >= ARRAY_SIZE(chardev_ioctls))
		return -ENOTTY;
	ioctl = &chardev_ioctls[_IOC_NR(cmd)];
	if (_IOC_DIR(cmd) != ioctl->dir)
		return -ENOTTY;
	if (user_size < ioctl->size_ver0 || (!ioctl->size && user_size))
		return -EINVAL;
	if (ioctl->dir & _IOC_WRITE) {
		ret = copy_struct_from_user(&arg, ioctl->size, user, user_size);
		if (ret)
			return ret;
		/* Nothing is made whose answer could not be told. */
		if (copy_to_user(user, &arg, min(ioctl->size, user_size)))
			return -EFAULT;
	}
	ret = ioctl->fn(file->private_data, &arg);
	if (ret || !(ioctl->dir & _IOC_READ))
		return ret;
	if (copy_to_user(user, &arg, min(ioctl->size, user_size)))
		return -EFAULT;
	if (user_size > ioctl->size &&
	    clear_user(user + ioctl->size, user_size - ioctl->size))
		return -EFAULT;
	return 0;
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
	.unlocked_ioctl = chardev_ioctl,
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
	BUILD_BUG_ON(sizeof(struct fraktor_meta) != 128);
	BUILD_BUG_ON(sizeof(struct fraktor_consumer) != 64);
	return misc_register(&chardev_misc);
}

void fraktor_chardev_exit(void)
{
	misc_deregister(&chardev_misc);
}
