// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tick line from an interrupt of one's own, as an example: the "edu" device
 * that QEMU has for teaching.  A thread makes the device raise its interrupt
 * once a period, the handler pulses the line.  It knows of fraktor what
 * driver.h says and nothing more, and measures what a pulse costs:
 *
 *   /sys/kernel/debug/fraktor_edu/latency   figures and histograms
 *   /sys/kernel/debug/fraktor_edu/mute      1: the device falls silent
 *   /sys/kernel/debug/fraktor_edu/fail      1: the device reports a failure
 *
 * Documentation/pulse.rst goes through it.
 */
#include <linux/debugfs.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "../driver.h"

#define EDU_VENDOR	0x1234
#define EDU_DEVICE	0x11e8

/* Registers.  What is written to RAISE stands in STATUS until written to ACK. */
#define EDU_STATUS	0x24
#define EDU_RAISE	0x60
#define EDU_ACK		0x64

/* Bits of STATUS are the driver's to choose. */
#define EDU_BEAT	BIT(0)
#define EDU_FAILURE	BIT(1)

static unsigned int period_us = 1000;
module_param(period_us, uint, 0444);
MODULE_PARM_DESC(period_us, "the device's interrupt comes so often (100 to 1000000)");

/* --- what a pulse costs */

#define LATENCY_BUCKETS	32

/* Bucket n counts what is below 2^n ns. */
struct latency {
	u64 count, min_ns, max_ns, sum_ns;
	u64 buckets[LATENCY_BUCKETS];
};

static void latency_add(struct latency *latency, u64 ns)
{
	unsigned int bucket = ns ? ilog2(ns) + 1 : 0;

	if (!latency->count || ns < latency->min_ns)
		latency->min_ns = ns;
	if (ns > latency->max_ns)
		latency->max_ns = ns;
	latency->count++;
	latency->sum_ns += ns;
	latency->buckets[min_t(unsigned int, bucket, LATENCY_BUCKETS - 1)]++;
}

static void latency_show(struct seq_file *file, const char *name,
			 const struct latency *latency)
{
	u64 mean_ns = 0;
	unsigned int i;

	if (latency->count)
		mean_ns = div64_u64(latency->sum_ns, latency->count);
	seq_printf(file, "%s_ns count %llu min %llu mean %llu max %llu\n", name,
		   latency->count, latency->min_ns, mean_ns, latency->max_ns);
	for (i = 0; i < LATENCY_BUCKETS; i++)
		if (latency->buckets[i])
			seq_printf(file, "%s_ns below %llu: %llu\n", name,
				   1ULL << i, latency->buckets[i]);
}

/* --- the device */

struct edu {
	void __iomem *regs;
	struct fraktor_source *source;
	struct task_struct *beat;
	struct dentry *dir;
	bool mute;
	int irq;

	/* When the beat wrote to RAISE; the handler reads it. */
	u64 raised_ns;

	/* Written in the handler only; a reader may see a pulse half counted. */
	struct latency enqueue;
	struct latency from_raise;
};

/*
 * Acknowledged first: a beat that comes during the pulse raises the interrupt
 * again instead of being lost in this one.
 */
static irqreturn_t edu_interrupt(int irq, void *data)
{
	struct edu *edu = data;
	u32 status = readl(edu->regs + EDU_STATUS);
	u64 begin_ns, end_ns;

	if (!status)
		return IRQ_NONE;
	writel(status, edu->regs + EDU_ACK);
	if (status & EDU_FAILURE)
		fraktor_pulse_fault(edu->source);
	if (status & EDU_BEAT) {
		begin_ns = ktime_get_mono_fast_ns();
		fraktor_pulse(edu->source);
		end_ns = ktime_get_mono_fast_ns();
		latency_add(&edu->enqueue, end_ns - begin_ns);
		latency_add(&edu->from_raise,
			    end_ns - READ_ONCE(edu->raised_ns));
	}
	return IRQ_HANDLED;
}

static void edu_raise(struct edu *edu)
{
	WRITE_ONCE(edu->raised_ns, ktime_get_mono_fast_ns());
	writel(EDU_BEAT, edu->regs + EDU_RAISE);
}

/*
 * Stands for whatever makes a real device tick.  After a stall it goes on with
 * the next point of its grid, as hardware does.
 */
static int edu_beat(void *data)
{
	struct edu *edu = data;
	u64 period_ns = period_us * NSEC_PER_USEC;
	u64 next_ns = ktime_get_ns(), now_ns;
	ktime_t expires;

	while (!kthread_should_stop()) {
		now_ns = ktime_get_ns();
		while (next_ns <= now_ns)
			next_ns += period_ns;
		expires = ns_to_ktime(next_ns);
		set_current_state(TASK_IDLE);
		if (!kthread_should_stop())
			schedule_hrtimeout(&expires, HRTIMER_MODE_ABS);
		__set_current_state(TASK_RUNNING);
		if (!kthread_should_stop() && !READ_ONCE(edu->mute))
			edu_raise(edu);
	}
	return 0;
}

/* --- what fraktor calls: the first reader has come, the last one has left */

static int edu_start(void *data)
{
	struct edu *edu = data;
	struct task_struct *beat = kthread_run(edu_beat, edu, "fraktor_edu");

	if (IS_ERR(beat))
		return PTR_ERR(beat);
	sched_set_fifo(beat);
	edu->beat = beat;
	return 0;
}

static void edu_stop(void *data)
{
	struct edu *edu = data;

	kthread_stop(edu->beat);
	edu->beat = NULL;
}

/* --- debugfs */

static int figures_show(struct seq_file *file, void *unused)
{
	struct edu *edu = file->private;

	latency_show(file, "enqueue", &edu->enqueue);
	latency_show(file, "raise_to_enqueue", &edu->from_raise);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(figures);

static int fail_set(void *data, u64 value)
{
	struct edu *edu = data;

	if (value)
		writel(EDU_FAILURE, edu->regs + EDU_RAISE);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(fail_fops, NULL, fail_set, "%llu\n");

/* Only for looking: that it cannot be made is no error. */
static void edu_debugfs(struct edu *edu)
{
	edu->dir = debugfs_create_dir("fraktor_edu", NULL);
	debugfs_create_file("latency", 0444, edu->dir, edu,
			    &figures_fops);
	debugfs_create_bool("mute", 0644, edu->dir, &edu->mute);
	debugfs_create_file_unsafe("fail", 0200, edu->dir, edu, &fail_fops);
}

/* --- PCI */

static int edu_map(struct pci_dev *pdev, struct edu *edu)
{
	int err = pci_request_regions(pdev, "fraktor_edu");

	if (err)
		return err;
	edu->regs = pci_ioremap_bar(pdev, 0);
	if (edu->regs)
		return 0;
	pci_release_regions(pdev);
	return -ENOMEM;
}

static void edu_unmap(struct pci_dev *pdev, struct edu *edu)
{
	iounmap(edu->regs);
	pci_release_regions(pdev);
}

/*
 * IRQF_NO_THREAD: a pulse is for hard interrupts, on PREEMPT_RT too.  Not yet
 * enabled: the handler needs the line.
 */
static int edu_get_irq(struct pci_dev *pdev, struct edu *edu)
{
	int err;

	err = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSI);
	if (err < 0)
		return err;
	edu->irq = pci_irq_vector(pdev, 0);
	/* Whatever a driver before this one has left. */
	writel(~0U, edu->regs + EDU_ACK);
	err = request_irq(edu->irq, edu_interrupt,
			  IRQF_NO_THREAD | IRQF_NO_AUTOEN, "fraktor_edu", edu);
	if (err)
		pci_free_irq_vectors(pdev);
	return err;
}

static void edu_put_irq(struct pci_dev *pdev, struct edu *edu)
{
	free_irq(edu->irq, edu);
	pci_free_irq_vectors(pdev);
}

static int edu_offer(struct edu *edu)
{
	struct fraktor_pulse_line line = {
		.name = "edu",
		.period_ns = period_us * NSEC_PER_USEC,
		.start = edu_start,
		.stop = edu_stop,
		.data = edu,
	};

	edu->source = fraktor_pulse_register(&line);
	return PTR_ERR_OR_ZERO(edu->source);
}

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu *edu;
	int err;

	if (period_us < 100 || period_us > 1000000)
		return -EINVAL;
	edu = kzalloc(sizeof(*edu), GFP_KERNEL);
	if (!edu)
		return -ENOMEM;
	pci_set_drvdata(pdev, edu);
	err = pci_enable_device(pdev);
	if (err)
		goto free;
	pci_set_master(pdev);
	err = edu_map(pdev, edu);
	if (err)
		goto disable;
	err = edu_get_irq(pdev, edu);
	if (err)
		goto unmap;
	err = edu_offer(edu);
	if (err)
		goto put_irq;
	/* A reader may be there already: edu_start() came from within. */
	enable_irq(edu->irq);
	edu_debugfs(edu);
	return 0;

put_irq:
	edu_put_irq(pdev, edu);
unmap:
	edu_unmap(pdev, edu);
disable:
	pci_disable_device(pdev);
free:
	kfree(edu);
	return err;
}

/*
 * No pulse any more, then no line any more, then all the rest.  The line may
 * be in use: edu_stop() is called from fraktor_pulse_unregister() then.
 */
static void edu_remove(struct pci_dev *pdev)
{
	struct edu *edu = pci_get_drvdata(pdev);

	debugfs_remove(edu->dir);
	disable_irq(edu->irq);
	fraktor_pulse_unregister(edu->source);
	edu_put_irq(pdev, edu);
	edu_unmap(pdev, edu);
	pci_disable_device(pdev);
	kfree(edu);
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(EDU_VENDOR, EDU_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = "fraktor_edu",
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
};
module_pci_driver(edu_driver);

MODULE_DESCRIPTION("fraktor: a tick line from the interrupt of QEMU's edu device");
MODULE_LICENSE("GPL");
