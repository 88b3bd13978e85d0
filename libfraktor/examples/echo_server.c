/* SPDX-License-Identifier: MIT */
/*
 * echo_server.c - a TCP server that sends back what it gets, an actor for each connection,
 * over io_uring.
 *
 * One thread has the ring.  An actor that wants to receive or to send leaves that with the
 * thread (want()); what comes of it is a message to the actor.  No actor waits for a
 * socket, and no two threads touch the ring.
 *
 * A connection is used by its actor and, while an operation is on its way, by the kernel,
 * which may have it longer than the actor lives: who lets go last closes it (let_go()).
 * SIGTERM stops the system: actors end, the youngest first, and shut their sockets down,
 * which ends the operations; then the thread closes what is left, and the program reports.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <liburing.h>

#include <fraktor/fraktor.h>

enum { ACCEPTED = FRK_MESSAGE_USER, RECEIVED, SENT };

#define CONNECTIONS_MAX 64
#define BUFFER_SIZE 4096
#define CLIENTS_MAX 32
/* A client of the self-test gives up then: only if something is broken. */
#define PATIENCE_S 60

/**
 * struct connection - a connection, or room for one
 * @fd: the socket.
 * @pid: its actor.
 * @users: who has not let go: the actor, the ring.
 * @taken: is in use.
 * @wanted: RECEIVED or SENT: what the actor waits for.
 * @size: bytes received.
 * @sent: bytes of these sent back.
 * @next: on the list of what is wanted.
 * @buffer: them.
 */
struct connection {
	int fd;
	struct frk_pid pid;
	atomic_int users;
	atomic_bool taken;
	uint32_t wanted;
	size_t size, sent;
	struct connection *next;
	unsigned char buffer[BUFFER_SIZE];
};

/* What goes in and comes out that is no connection's. */
enum { ACCEPT = 1, WAKE, CANCEL };

static struct server {
	struct frk_system *system;
	struct frk_pid listener;
	struct connection connections[CONNECTIONS_MAX];

	struct io_uring ring; /* the thread's, as are these */
	int listen_fd, wake_fd;
	uint64_t wakes;
	unsigned int pending; /* operations on their way */
	int quits;

	pthread_mutex_t lock; /* for these */
	struct connection *first;
	int quit;

	_Atomic uint64_t accepted, refused, closed, bytes;
} server = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* --- connections */

static void let_go(struct connection *connection)
{
	if (atomic_fetch_sub(&connection->users, 1) > 1)
		return;
	close(connection->fd);
	atomic_fetch_add(&server.closed, 1);
	atomic_store(&connection->taken, false);
}

static struct connection *take(int fd)
{
	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *connection = &server.connections[i];
		bool taken = false;

		if (!atomic_compare_exchange_strong(&connection->taken, &taken, true))
			continue;
		connection->fd = fd;
		atomic_store(&connection->users, 1);
		return connection;
	}
	return NULL;
}

static void wake(void)
{
	uint64_t one = 1;

	if (write(server.wake_fd, &one, sizeof(one)) != sizeof(one))
		abort(); /* it never blocks and has always room */
}

/* Leave it with the thread of the ring, which is one more user. */
static int want(struct connection *connection, uint32_t wanted)
{
	connection->wanted = wanted;
	atomic_fetch_add(&connection->users, 1);
	pthread_mutex_lock(&server.lock);
	connection->next = server.first;
	server.first = connection;
	pthread_mutex_unlock(&server.lock);
	wake();
	return 0;
}

/* --- actors */

/* @result: bytes, 0 for the end, or a negative errno. */
static int go_on(struct frk_context *context, struct connection *connection, int result)
{
	if (result <= 0) {
		frk_context_stop(context);
		return 0;
	}
	if (connection->wanted == RECEIVED) {
		connection->size = (size_t)result;
		connection->sent = 0;
		return want(connection, SENT);
	}
	connection->sent += (size_t)result;
	atomic_fetch_add(&server.bytes, (uint64_t)result);
	return want(connection, connection->sent < connection->size ? SENT : RECEIVED);
}

static int echo(struct frk_context *context, const struct frk_message *message)
{
	struct connection *connection = frk_context_state(context);
	int result;

	switch (message->kind) {
	case FRK_MESSAGE_STARTED:
		connection->pid = frk_context_self(context);
		return want(connection, RECEIVED);
	case RECEIVED:
	case SENT:
		let_go(connection); /* the ring has */
		memcpy(&result, message->payload, sizeof(result));
		return go_on(context, connection, result);
	case FRK_MESSAGE_STOPPED:
		/* Ends what is on its way, and says so to the other side. */
		shutdown(connection->fd, SHUT_RDWR);
		let_go(connection);
		return 0;
	default:
		return 0;
	}
}

static int listen_for(struct frk_context *context, const struct frk_message *message)
{
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.name = "connection", .receive = echo);
	struct connection *connection;
	int fd;

	if (message->kind != ACCEPTED)
		return 0;
	memcpy(&fd, message->payload, sizeof(fd));
	connection = take(fd);
	if (!connection) {
		atomic_fetch_add(&server.refused, 1);
		close(fd);
		return 0;
	}
	atomic_fetch_add(&server.accepted, 1);
	actor.state = connection;
	if (frk_context_spawn(context, &actor, NULL))
		let_go(connection);
	return 0;
}

/* --- the thread of the ring */

static struct io_uring_sqe *new_sqe(uint64_t what)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&server.ring);

	if (!sqe) { /* full: let the kernel have them */
		io_uring_submit(&server.ring);
		sqe = io_uring_get_sqe(&server.ring);
	}
	if (!sqe)
		abort();
	io_uring_sqe_set_data64(sqe, what);
	server.pending++;
	return sqe;
}

static void submit_accept(void)
{
	struct io_uring_sqe *sqe = new_sqe(ACCEPT);

	io_uring_prep_accept(sqe, server.listen_fd, NULL, NULL, SOCK_CLOEXEC);
	io_uring_sqe_set_data64(sqe, ACCEPT);
}

static void submit_wake(void)
{
	struct io_uring_sqe *sqe = new_sqe(WAKE);

	io_uring_prep_read(sqe, server.wake_fd, &server.wakes, sizeof(server.wakes), 0);
	io_uring_sqe_set_data64(sqe, WAKE);
}

static void submit_cancel(void)
{
	struct io_uring_sqe *sqe = new_sqe(CANCEL);

	io_uring_prep_cancel64(sqe, ACCEPT, 0);
	io_uring_sqe_set_data64(sqe, CANCEL);
}

static void submit(struct connection *connection)
{
	uint64_t what = (uint64_t)(uintptr_t)connection;
	struct io_uring_sqe *sqe = new_sqe(what);

	if (connection->wanted == RECEIVED)
		io_uring_prep_recv(sqe, connection->fd, connection->buffer, BUFFER_SIZE, 0);
	else
		io_uring_prep_send(sqe, connection->fd, connection->buffer + connection->sent,
				   connection->size - connection->sent, MSG_NOSIGNAL);
	io_uring_sqe_set_data64(sqe, what);
}

static void on_wake(void)
{
	struct connection *connection, *next;

	pthread_mutex_lock(&server.lock);
	connection = server.first;
	server.first = NULL;
	server.quits = server.quit;
	pthread_mutex_unlock(&server.lock);
	for (; connection; connection = next) {
		next = connection->next; /* not ours once it is submitted */
		submit(connection);
	}
	if (server.quits)
		submit_cancel();
	else
		submit_wake();
}

static void on_accept(int result)
{
	if (result >= 0 && frk_system_send(server.system, server.listener, ACCEPTED, &result,
					   sizeof(result)))
		close(result); /* the system is stopping */
	/* Without a descriptor to spare: not again at once. */
	if (result == -EMFILE || result == -ENFILE)
		usleep(1000);
	if (!server.quits && result != -ECANCELED)
		submit_accept();
}

/* An actor that has ended, or is not told any more, leaves it to the ring. */
static void on_done(struct connection *connection, int result)
{
	if (frk_system_send(server.system, connection->pid, connection->wanted, &result,
			    sizeof(result)))
		let_go(connection);
}

static void on_completion(const struct io_uring_cqe *cqe)
{
	server.pending--;
	switch (cqe->user_data) {
	case ACCEPT:
		on_accept(cqe->res);
		break;
	case WAKE:
		on_wake();
		break;
	case CANCEL:
		break;
	default:
		on_done((struct connection *)(uintptr_t)cqe->user_data, cqe->res);
	}
}

/* Until it is told to quit and nothing is on its way. */
static void *run_ring(void *unused)
{
	(void)unused;
	submit_accept();
	submit_wake();
	while (server.pending) {
		struct io_uring_cqe *cqe;
		int ret = io_uring_submit_and_wait(&server.ring, 1);

		if (ret < 0 && ret != -EINTR)
			abort();
		while (!io_uring_peek_cqe(&server.ring, &cqe)) {
			struct io_uring_cqe copy = *cqe;

			io_uring_cqe_seen(&server.ring, cqe);
			on_completion(&copy);
		}
	}
	return NULL;
}

static void quit_ring(pthread_t thread)
{
	pthread_mutex_lock(&server.lock);
	server.quit = 1;
	pthread_mutex_unlock(&server.lock);
	wake();
	pthread_join(thread, NULL);
}

/* --- clients of the self-test */

struct client {
	pthread_t thread;
	uint16_t port;
	uint32_t number;
	uint64_t bytes;
	int fd;
	int bad;
};

static int dial(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval patience = { .tv_sec = PATIENCE_S };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -errno;
}

/* Return: 0 if what came back is what was sent. */
static int echoes(struct client *client, size_t size)
{
	unsigned char out[BUFFER_SIZE * 3] = { 0 }, in[BUFFER_SIZE * 3];
	size_t got = 0;

	for (size_t i = 0; i < size; i++)
		out[i] = (unsigned char)(client->number * 31 + size + i * 7);
	if (send(client->fd, out, size, MSG_NOSIGNAL) != (ssize_t)size)
		return -1;
	while (got < size) {
		ssize_t n = recv(client->fd, in + got, size - got, 0);

		if (n <= 0)
			return -1;
		got += (size_t)n;
	}
	client->bytes += size;
	return memcmp(in, out, size);
}

/* A few sizes; every other one hangs up, the rest stay until the server ends. */
static void *run_client(void *data)
{
	static const size_t sizes[] = { 1, 100, BUFFER_SIZE, BUFFER_SIZE + 1, BUFFER_SIZE * 3 };
	struct client *client = data;

	client->fd = dial(client->port);
	client->bad = client->fd < 0;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes) && !client->bad; i++)
		client->bad = echoes(client, sizes[i]) != 0;
	if (client->fd >= 0 && client->number % 2) {
		close(client->fd);
		client->fd = -1;
	}
	return NULL;
}

struct selftest {
	pthread_t thread;
	struct client clients[CLIENTS_MAX];
	uint32_t n;
	uint16_t port;
	int bad;
};

/* All at once; then the signal that ends servers. */
static void *run_selftest(void *data)
{
	struct selftest *test = data;
	uint32_t started = 0;

	for (; started < test->n && !test->bad; started++) {
		struct client *client = &test->clients[started];

		*client = (struct client){ .port = test->port, .number = started, .fd = -1 };
		test->bad = pthread_create(&client->thread, NULL, run_client, client);
		if (test->bad)
			break;
	}
	for (uint32_t i = 0; i < started; i++) {
		pthread_join(test->clients[i].thread, NULL);
		test->bad |= test->clients[i].bad;
	}
	kill(getpid(), SIGTERM);
	return NULL;
}

/* Those who stayed are told that it is over. */
static int judge(struct selftest *test)
{
	uint64_t bytes = 0;

	pthread_join(test->thread, NULL);
	for (uint32_t i = 0; i < test->n; i++) {
		struct client *client = &test->clients[i];
		char byte;

		bytes += client->bytes;
		if (client->fd >= 0 && recv(client->fd, &byte, 1, 0) != 0)
			test->bad = 1;
		if (client->fd >= 0)
			close(client->fd);
	}
	if (test->bad || server.accepted != test->n || server.closed != test->n ||
	    server.refused || server.bytes != bytes) {
		fprintf(stderr, "echo_server: wrong: %llu bytes sent by %u clients\n",
			(unsigned long long)bytes, test->n);
		return 1;
	}
	puts("echo_server: ok");
	return 0;
}

/* --- all of it */

static int fail(const char *what, int error)
{
	fprintf(stderr, "echo_server: %s: %s\n", what, strerror(-error));
	return 1;
}

static int open_sockets(uint16_t port, uint16_t *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int one = 1;

	server.wake_fd = eventfd(0, EFD_CLOEXEC);
	server.listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server.wake_fd < 0 || server.listen_fd < 0)
		return -errno;
	setsockopt(server.listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(server.listen_fd, (struct sockaddr *)&address, size) ||
	    listen(server.listen_fd, CONNECTIONS_MAX) ||
	    getsockname(server.listen_fd, (struct sockaddr *)&address, &size))
		return -errno;
	*ret_port = ntohs(address.sin_port);
	return 0;
}

static int serve(struct selftest *test)
{
	struct frk_error error = { 0 };
	struct frk_actor_opts listener =
		FRK_ACTOR_OPTS(.name = "listener", .receive = listen_for);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.name = "echo-server", .driver_name = "auto", .env = 1, .stop_on_signals = 1,
		.actors_max = CONNECTIONS_MAX + 1, .actors = &listener, .actors_n = 1,
		.actors_pids = &server.listener, .error = &error);
	pthread_t thread;
	int ret = frk_system_build(&opts, &server.system);

	if (ret)
		return frk_error_print(&error, stderr);
	ret = pthread_create(&thread, NULL, run_ring, NULL);
	if (!ret && test->n)
		ret = pthread_create(&test->thread, NULL, run_selftest, test);
	if (ret) /* the end of the program ends the rest */
		exit(fail("pthread_create", -ret));
	ret = frk_system_run(server.system);
	quit_ring(thread);
	frk_system_unref(server.system);
	if (ret)
		return frk_error_print(&error, stderr);
	printf("echo_server: accepted=%llu refused=%llu closed=%llu bytes=%llu\n",
	       (unsigned long long)server.accepted, (unsigned long long)server.refused,
	       (unsigned long long)server.closed, (unsigned long long)server.bytes);
	return test->n ? judge(test) : 0;
}

static int run(uint16_t port, struct selftest *test)
{
	int ret = io_uring_queue_init(CONNECTIONS_MAX * 2, &server.ring, 0);

	if (ret)
		return fail("io_uring_setup", ret);
	ret = open_sockets(port, &test->port);
	if (ret)
		return fail("listen", ret);
	printf("echo_server: port=%u\n", test->port);
	fflush(stdout);
	ret = serve(test);
	io_uring_queue_exit(&server.ring);
	close(server.listen_fd);
	close(server.wake_fd);
	return ret;
}

static int usage(FILE *stream, int status)
{
	fputs("usage: echo_server [--port N] [--selftest N]\n\n"
	      "Send back what comes, on the loopback interface, until SIGTERM or SIGINT.\n\n"
	      "  --port N      where to listen (default: one that is free)\n"
	      "  --selftest N  be N clients, too, at most 32, and end\n"
	      "  --help        this text\n\n"
	      "Exit status: 0; 1 if it could not serve, or a client got something else than it\n"
	      "sent; 2 for bad usage.\n",
	      stream);
	return status;
}

static int read_number(const char *text, unsigned long max, unsigned long *ret_number)
{
	char *end;

	if (!text || *text < '0' || *text > '9')
		return -1;
	*ret_number = strtoul(text, &end, 10);
	return *end || !*ret_number || *ret_number > max ? -1 : 0;
}

int main(int argc, char **argv)
{
	static struct selftest test;
	unsigned long port = 0, clients = 0;

	for (int i = 1; i < argc; i += 2) {
		int ret = -1;

		if (!strcmp(argv[i], "--help"))
			return usage(stdout, 0);
		if (!strcmp(argv[i], "--port"))
			ret = read_number(argv[i + 1], 65535, &port);
		else if (!strcmp(argv[i], "--selftest"))
			ret = read_number(argv[i + 1], CLIENTS_MAX, &clients);
		if (ret)
			return usage(stderr, 2);
	}
	test.n = (uint32_t)clients;
	return run((uint16_t)port, &test);
}
