// SPDX-License-Identifier: MIT
/*
 * peer.cpp - the works of the bench of actors with CAF, function-based actors with its
 * defaults: message by message what the files with the names of the works do.
 */
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <unistd.h>
#include <vector>

#include <caf/all.hpp>

using namespace caf;
using u64 = uint64_t;

CAF_BEGIN_TYPE_ID_BLOCK(bench, first_custom_type_id)
CAF_ADD_ATOM(bench, bench, taken_atom, "taken")
CAF_ADD_ATOM(bench, bench, last_atom, "last")
CAF_ADD_ATOM(bench, bench, begin_atom, "begin")
CAF_ADD_ATOM(bench, bench, done_atom, "done")
CAF_ADD_ATOM(bench, bench, debit_atom, "debit")
CAF_ADD_ATOM(bench, bench, credit_atom, "credit")
CAF_ADD_ATOM(bench, bench, due_atom, "due")
CAF_END_TYPE_ID_BLOCK(bench)

using namespace bench;

namespace {

constexpr u64 BURST = 100;

u64 n, began, ended, ops;
bool right;
std::string more;

u64 now_ns() {
	using namespace std::chrono;
	return (u64)duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

uint32_t random_of(uint32_t &seed) {
	seed = seed * 1664525U + 1013904223U;
	return seed >> 8;
}

void end(u64 count, bool good) {
	ended = now_ns();
	ops = count;
	right = good;
}

/* --- ping-pong ------------------------------------------------------------- */

u64 pings, pongs;

behavior pong(event_based_actor *self) {
	return {[self](ping_atom) {
		pings++;
		self->send(actor_cast<actor>(self->current_sender()), pong_atom_v);
	}};
}

behavior ping(event_based_actor *self) {
	auto other = self->spawn(pong);
	began = now_ns();
	self->send(other, ping_atom_v);
	return {[=](pong_atom) {
		if (++pongs == n) {
			end(2 * n, pings == n);
			self->send_exit(other, exit_reason::user_shutdown);
			self->quit();
			return;
		}
		self->send(other, ping_atom_v);
	}};
}

/* --- counting -------------------------------------------------------------- */

u64 sent, counted;

behavior counter(event_based_actor *self) {
	return {[self](ping_atom) {
		if (++counted % BURST == 0 || counted == n)
			self->send(actor_cast<actor>(self->current_sender()), taken_atom_v);
	}};
}

void produce(event_based_actor *self, const actor &to) {
	for (u64 i = 0; i < BURST && sent < n; i++, sent++)
		self->send(to, ping_atom_v);
}

behavior counting(event_based_actor *self) {
	auto to = self->spawn(counter);
	began = now_ns();
	produce(self, to);
	return {[=](taken_atom) {
		if (sent == n) {
			end(n, counted == n);
			self->send_exit(to, exit_reason::user_shutdown);
			self->quit();
			return;
		}
		produce(self, to);
	}};
}

/* --- thread-ring ----------------------------------------------------------- */

constexpr size_t RING = 100;
std::vector<actor> actors;
u64 hops;

void quit_all(event_based_actor *self) {
	for (auto &one : actors)
		self->send_exit(one, exit_reason::user_shutdown);
}

behavior ring_member(event_based_actor *self, size_t next) {
	return {[=](u64 left) {
		hops++;
		if (--left) {
			self->send(actors[next], left);
			return;
		}
		end(n, hops == n);
		quit_all(self);
	}};
}

behavior thread_ring(event_based_actor *self) {
	for (size_t i = 0; i < RING; i++)
		actors.push_back(self->spawn(ring_member, (i + 1) % RING));
	began = now_ns();
	self->send(actors[1], n);
	return {};
}

/* --- fork-join ------------------------------------------------------------- */

constexpr size_t WORKERS = 60;

struct worker_state {
	u64 taken = 0;
	double result = 0;
};

behavior fork_worker(stateful_actor<worker_state> *self) {
	return {[self](ping_atom) {
		auto &state = self->state;
		state.result = (state.result + 37.2) * 0.5;
		if (++state.taken % BURST == 0 || state.taken == n)
			self->send(actor_cast<actor>(self->current_sender()), taken_atom_v,
				   state.taken);
	}};
}

struct fork_state {
	u64 sent = 0, waiting = 0, taken = 0;
};

void fork_bursts(stateful_actor<fork_state> *self) {
	auto &state = self->state;
	for (u64 i = 0; i < BURST && state.sent < n; i++, state.sent++)
		for (auto &one : actors)
			self->send(one, ping_atom_v);
	state.waiting = WORKERS;
}

behavior fork_join(stateful_actor<fork_state> *self) {
	for (size_t i = 0; i < WORKERS; i++)
		actors.push_back(self->spawn(fork_worker));
	began = now_ns();
	fork_bursts(self);
	return {[self](taken_atom, u64 taken) {
		auto &state = self->state;
		if (taken == n)
			state.taken += taken;
		if (--state.waiting)
			return;
		if (state.sent < n) {
			fork_bursts(self);
			return;
		}
		end(n * WORKERS, state.taken == n * WORKERS);
		quit_all(self);
		self->quit();
	}};
}

/* --- big ------------------------------------------------------------------- */

constexpr size_t MEMBERS = 120;

struct member_state {
	uint32_t seed = 0;
	u64 pings = 0, pongs = 0;
};

behavior member(stateful_actor<member_state> *self, actor first, uint32_t seed) {
	self->state.seed = seed;
	auto next = [self] {
		self->send(actors[random_of(self->state.seed) % MEMBERS], ping_atom_v);
	};
	return {
		[=](begin_atom) { next(); },
		[=](ping_atom) {
			self->state.pings++;
			self->send(actor_cast<actor>(self->current_sender()), pong_atom_v);
		},
		[=](pong_atom) {
			if (++self->state.pongs == n)
				self->send(first, done_atom_v);
			else
				next();
		},
		[=](taken_atom) { self->send(first, self->state.pings, self->state.pongs); },
	};
}

struct big_state {
	u64 ready = 0, pings = 0, pongs = 0, told = 0;
};

behavior big(stateful_actor<big_state> *self) {
	for (uint32_t i = 0; i < MEMBERS; i++)
		actors.push_back(self->spawn(member, actor_cast<actor>(self), i));
	began = now_ns();
	for (auto &one : actors)
		self->send(one, begin_atom_v);
	return {
		[=](done_atom) {
			if (++self->state.ready < MEMBERS)
				return;
			ended = now_ns();
			for (auto &one : actors)
				self->send(one, taken_atom_v);
		},
		[=](u64 one_pings, u64 one_pongs) {
			auto &state = self->state;
			state.pings += one_pings;
			state.pongs += one_pongs;
			if (++state.told < MEMBERS)
				return;
			ops = 2 * n * MEMBERS;
			right = state.pings == n * MEMBERS && state.pongs == n * MEMBERS;
			quit_all(self);
			self->quit();
		},
	};
}

/* --- bank ------------------------------------------------------------------ */

constexpr uint32_t ACCOUNTS = 1000;
constexpr int64_t BALANCE = 1000000;

struct account_state {
	int64_t balance = BALANCE;
};

behavior account(stateful_actor<account_state> *self, actor teller) {
	return {
		[=](debit_atom, uint32_t to, int64_t amount) {
			self->state.balance -= amount;
			self->send(actors[to], credit_atom_v, amount);
		},
		[=](credit_atom, int64_t amount) {
			self->state.balance += amount;
			self->send(actor_cast<actor>(self->current_sender()), taken_atom_v);
		},
		[=](taken_atom) { self->send(teller, done_atom_v); },
		[=](begin_atom) { self->send(teller, self->state.balance); },
	};
}

struct teller_state {
	u64 begun = 0, done = 0, told = 0;
	int64_t sum = 0;
	uint32_t seed = 1;
};

void transfer(stateful_actor<teller_state> *self) {
	auto &state = self->state;
	auto from = random_of(state.seed) % ACCOUNTS;
	auto to = random_of(state.seed) % ACCOUNTS;
	auto amount = (int64_t)(1 + random_of(state.seed) % 100);
	state.begun++;
	self->send(actors[from], debit_atom_v, (uint32_t)to, amount);
}

behavior bank(stateful_actor<teller_state> *self) {
	for (uint32_t i = 0; i < ACCOUNTS; i++)
		actors.push_back(self->spawn(account, actor_cast<actor>(self)));
	began = now_ns();
	while (self->state.begun < BURST && self->state.begun < n)
		transfer(self);
	return {
		[=](done_atom) {
			if (++self->state.done == n) {
				ended = now_ns();
				for (auto &one : actors)
					self->send(one, begin_atom_v);
			} else if (self->state.begun < n) {
				transfer(self);
			}
		},
		[=](int64_t balance) {
			self->state.sum += balance;
			if (++self->state.told < ACCOUNTS)
				return;
			ops = n;
			right = self->state.sum == (int64_t)ACCOUNTS * BALANCE;
			quit_all(self);
			self->quit();
		},
	};
}

/* --- skynet ---------------------------------------------------------------- */

struct node_state {
	u64 sum = 0;
	int missing = 10;
};

behavior node(stateful_actor<node_state> *self, actor parent, u64 first, u64 leaves) {
	if (leaves == 1) {
		self->send(parent, first);
		self->quit();
		return {};
	}
	for (u64 i = 0; i < 10; i++)
		self->spawn(node, actor_cast<actor>(self), first + i * (leaves / 10),
				       leaves / 10);
	return {[=](u64 sum) {
		self->state.sum += sum;
		if (--self->state.missing)
			return;
		self->send(parent, self->state.sum);
		self->quit();
	}};
}

behavior skynet(event_based_actor *self) {
	began = now_ns();
	self->spawn(node, actor_cast<actor>(self), (u64)0, n);
	return {[=](u64 sum) {
		end(n, sum == n * (n - 1) / 2);
		self->quit();
	}};
}

/* --- fan-in ---------------------------------------------------------------- */

constexpr u64 SENDERS = 4;

void burst(event_based_actor *self, const actor &sink, u64 &count) {
	if (count == n / SENDERS) {
		self->quit();
		return;
	}
	for (u64 i = 1; i < BURST; i++)
		self->send(sink, ping_atom_v);
	self->send(sink, last_atom_v);
	count += BURST;
}

struct feed_state {
	u64 count = 0;
};

behavior feed(stateful_actor<feed_state> *self, actor sink) {
	burst(self, sink, self->state.count);
	return {[=](taken_atom) { burst(self, sink, self->state.count); }};
}

behavior fan_in(stateful_actor<feed_state> *self) {
	began = now_ns();
	for (u64 i = 0; i < SENDERS; i++)
		self->spawn(feed, actor_cast<actor>(self));
	auto count = [self] {
		if (++self->state.count == n) {
			end(n, true);
			return true;
		}
		return false;
	};
	return {
		[=](ping_atom) { count(); },
		[=](last_atom) {
			self->send(actor_cast<actor>(self->current_sender()), taken_atom_v);
			if (count())
				self->quit();
		},
	};
}

/* --- spawn-stop ------------------------------------------------------------ */

behavior live(event_based_actor *self, actor first) {
	self->send(first, done_atom_v);
	self->quit();
	return {};
}

struct spawn_state {
	u64 spawned = 0, here = 0;
};

void spawn_burst(stateful_actor<spawn_state> *self) {
	auto &state = self->state;
	for (u64 i = 0; i < BURST && state.spawned < n; i++, state.spawned++)
		self->spawn(live, actor_cast<actor>(self));
}

behavior spawn_stop(stateful_actor<spawn_state> *self) {
	began = now_ns();
	spawn_burst(self);
	return {[=](done_atom) {
		auto &state = self->state;
		if (++state.here == n) {
			end(n, state.spawned == n);
			self->quit();
		} else if (state.here % BURST == 0) {
			spawn_burst(self);
		}
	}};
}

/* --- ask ------------------------------------------------------------------- */

std::vector<u64> took;

behavior answer() {
	return {[](ping_atom) { return pong_atom_v; }};
}

void ask_one(event_based_actor *self, const actor &other) {
	auto asked = now_ns();
	self->request(other, std::chrono::seconds(10), ping_atom_v).then([=](pong_atom) {
		took.push_back(now_ns() - asked);
		if (took.size() < n) {
			ask_one(self, other);
			return;
		}
		end(n, true);
		self->send_exit(other, exit_reason::user_shutdown);
		self->quit();
	});
}

behavior ask(event_based_actor *self) {
	auto other = self->spawn(answer);
	took.reserve(n);
	began = now_ns();
	ask_one(self, other);
	return {[](done_atom) {}};
}

void ask_detail() {
	std::sort(took.begin(), took.end());
	more = ",\"p50_ns\":" + std::to_string(took[n / 2]) + ",\"p99_ns\":" +
		 std::to_string(took[n * 99 / 100]);
}

/* --- idle ------------------------------------------------------------------ */

u64 rss() {
	unsigned long pages = 0;
	if (FILE *file = fopen("/proc/self/statm", "r")) {
		if (fscanf(file, "%*u %lu", &pages) != 1)
			pages = 0;
		fclose(file);
	}
	return pages * (u64)sysconf(_SC_PAGESIZE);
}

u64 rss_before;

behavior rest(event_based_actor *self, actor first) {
	self->send(first, done_atom_v);
	return {[](ping_atom) {}};
}

behavior idle(stateful_actor<spawn_state> *self) {
	actors.reserve(n);
	rss_before = rss();
	began = now_ns();
	for (u64 i = 0; i < n; i++)
		actors.push_back(self->spawn(rest, actor_cast<actor>(self)));
	return {[=](done_atom) {
		if (++self->state.here < n)
			return;
		end(n, true);
		more = ",\"rss_bytes\":" + std::to_string((double)(rss() - rss_before) / n);
		quit_all(self);
		self->quit();
	}};
}

/* --- timers ---------------------------------------------------------------- */

constexpr u64 TIMES = 500;

struct beat_state {
	u64 count = 0, late = 0, worst = 0;
	actor_clock::time_point due;
};

behavior beat(stateful_actor<beat_state> *self, actor first,
	      actor_clock::time_point base) {
	auto arm = [self] {
		self->state.due += std::chrono::milliseconds(10);
		self->scheduled_send(self, self->state.due, due_atom_v);
	};
	self->state.due = base;
	/* However long it took to begin. */
	while (self->state.due < self->clock().now())
		self->state.due += std::chrono::milliseconds(10);
	arm();
	return {[=](due_atom) {
		auto &state = self->state;
		auto late = (u64)(self->clock().now() - state.due).count();
		state.late += late > 2000000;
		state.worst = std::max(state.worst, late);
		if (++state.count < TIMES) {
			arm();
			return;
		}
		self->send(first, state.late, state.worst);
		self->quit();
	}};
}

behavior timers(stateful_actor<beat_state> *self) {
	/* By then all of them have begun. */
	auto base = self->clock().now() + std::chrono::milliseconds(50);
	began = now_ns();
	for (u64 i = 0; i < n; i++)
		self->spawn(beat, actor_cast<actor>(self),
			    base + std::chrono::nanoseconds(i * 10000000 / n));
	return {[=](u64 late, u64 worst) {
		auto &state = self->state;
		state.late += late;
		state.worst = std::max(state.worst, worst);
		if (++state.count < n)
			return;
		end(n * TIMES, true);
		more = ",\"late\":" + std::to_string(state.late) + ",\"missed\":0,\"worst_ns\":" +
			 std::to_string(state.worst);
		self->quit();
	}};
}

struct work {
	u64 n;
	void (*spawn)(actor_system &);
};

#define WORK(count, function) \
	{ count, [](actor_system &system) { system.spawn(function); } }

const std::map<std::string, work> works = {
	{"ping-pong", WORK(1000000, ping)},	{"counting", WORK(1000000, counting)},
	{"thread-ring", WORK(1000000, thread_ring)}, {"fork-join", WORK(10000, fork_join)},
	{"big", WORK(20000, big)},		{"bank", WORK(500000, bank)},
	{"skynet", WORK(1000000, skynet)},	{"fan-in", WORK(4000000, fan_in)},
	{"spawn-stop", WORK(1000000, spawn_stop)}, {"ask", WORK(200000, ask)},
	{"idle", WORK(100000, idle)},		{"timers", WORK(10000, timers)},
};

} // namespace

int main(int argc, char **argv) {
	auto found = works.find(argc > 1 ? argv[1] : "");
	if (found == works.end() || argc > 3) {
		fprintf(stderr, "usage: actors-caf WORK [N]\n");
		return 2;
	}
	n = argc > 2 ? strtoull(argv[2], nullptr, 10) : found->second.n;
	{
		actor_system_config config;
		actor_system system{config};
		found->second.spawn(system);
		system.await_all_actors_done();
		if (found->first == "ask" && right)
			ask_detail();
		actors.clear();
	}
	if (!right) {
		fprintf(stderr, "actors-caf: error: %s: the result is wrong\n", argv[1]);
		return 1;
	}
	printf("{\"runtime\":\"caf\",\"work\":\"%s\",\"n\":%llu,\"ops\":%llu,\"ns\":%llu%s}\n",
	       argv[1], (unsigned long long)n, (unsigned long long)ops,
	       (unsigned long long)(ended - began), more.c_str());
}
