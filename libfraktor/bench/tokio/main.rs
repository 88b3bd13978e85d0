// SPDX-License-Identifier: MIT
//
// Ticks of tokio::time::interval, as a program would use it: on a runtime of
// one thread, with I/O and time enabled and the default for missed ticks.
// Writes, for each tick, its deadline and when the task held it, nanoseconds of
// CLOCK_MONOTONIC in the machine's own byte order.
//
// usage: tokio TICKS PERIOD_NS

use std::io::Write;
use std::time::Duration;

fn now_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

// The deadline is an Instant, which is CLOCK_MONOTONIC but does not say so: one
// taken between two readings of that clock tells one from the other.
async fn ticks(n: usize, period: Duration) -> Vec<(u64, u64)> {
    let (before, instant, after) = (now_ns(), tokio::time::Instant::now(), now_ns());
    let start_ns = (before + after) / 2;
    let mut held = Vec::with_capacity(n);
    let mut interval = tokio::time::interval(period);
    // The first tick of an interval is due at once.
    interval.tick().await;
    for _ in 0..n {
        let due = interval.tick().await;
        let now = now_ns();
        held.push((start_ns + (due - instant).as_nanos() as u64, now));
    }
    held
}

fn main() {
    let args: Vec<u64> = std::env::args().skip(1).map(|a| a.parse().expect("a number")).collect();
    unsafe { libc::mlockall(libc::MCL_CURRENT | libc::MCL_FUTURE) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let held = runtime.block_on(ticks(args[0] as usize, Duration::from_nanos(args[1])));
    let mut out = std::io::BufWriter::new(std::io::stdout());
    for (due, now) in held {
        out.write_all(&due.to_ne_bytes()).and_then(|_| out.write_all(&now.to_ne_bytes())).expect("stdout");
    }
}
