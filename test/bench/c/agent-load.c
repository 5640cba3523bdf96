/* Polls an agent as HAProxy does, as fast as it answers: connects, sends agent-send where given, reads until the
 * other side closes or resets, closes with a reset (SO_LINGER 0), so that no port is left in TIME_WAIT.
 *   agent-load PORT IN_FLIGHT SECONDS [SEND]
 * Prints replies, failures and seconds. A reply counts when it begins with "up". */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif
#define SOURCES 16 /* so many times the ports of one address */
#define LONGEST_S 120
#define PATIENCE_S 5

struct poll {
	int fd;
	size_t got;
	double since;
	char text[256];
};

static int queue;
static long replies, failures, begun;
static struct sockaddr_in target = {.sin_family = AF_INET};
static const char *request = "";

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* True once the request is out, or need not be any more. */
static int tell(struct poll *p)
{
	return !*request || send(p->fd, request, strlen(request), MSG_NOSIGNAL) >= 0 || errno == EPIPE ||
	       errno == ECONNRESET;
}

static void begin(struct poll *p)
{
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001 + begun % SOURCES)};
	struct linger reset = {.l_onoff = 1, .l_linger = 0};
	struct epoll_event event = {.data.ptr = p};
	int on = 1;

	begun++;
	p->got = 0;
	p->since = now();
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	setsockopt(p->fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&from, sizeof from)) {
		perror("agent-load");
		exit(1);
	}
	if (connect(p->fd, (struct sockaddr *)&target, sizeof target) && errno != EINPROGRESS) {
		perror("agent-load: connect");
		exit(1);
	}
	/* On the loopback the connection mostly stands already; a request that waits here would look like none. */
	event.events = EPOLLIN | (tell(p) ? 0 : EPOLLOUT);
	epoll_ctl(queue, EPOLL_CTL_ADD, p->fd, &event);
}

static void end(struct poll *p, const char *fault)
{
	close(p->fd);
	p->fd = -1;
	if (!fault && (p->got < 2 || memcmp(p->text, "up", 2)))
		fault = "answered otherwise";
	if (!fault) {
		replies++;
		return;
	}
	if (failures++ == 0)
		fprintf(stderr, "agent-load: %s: \"%.*s\"\n", fault, (int)p->got, p->text);
}

static void serve(struct poll *p, unsigned events)
{
	struct epoll_event readable = {.events = EPOLLIN, .data.ptr = p};

	if (events & EPOLLOUT) {
		if (!tell(p))
			return end(p, "cannot send");
		epoll_ctl(queue, EPOLL_CTL_MOD, p->fd, &readable);
	}
	if (!(events & ~EPOLLOUT))
		return;
	for (;;) {
		ssize_t n = recv(p->fd, p->text + p->got, sizeof p->text - p->got, 0);

		if (n > 0)
			p->got += n;
		else if (n < 0 && errno == EAGAIN)
			return;
		else
			/* A reset after the reply is no fault: HAProxy has read it by then. */
			return end(p, n == 0 || p->got > 0 ? NULL : strerror(errno));
	}
}

static int launch(struct poll *all, int many, int open)
{
	int busy = 0;

	for (int i = 0; i < many; i++) {
		if (all[i].fd >= 0 && now() - all[i].since > PATIENCE_S)
			end(&all[i], "no answer in time");
		if (all[i].fd < 0 && open)
			begin(&all[i]);
		busy += all[i].fd >= 0;
	}
	return busy;
}

int main(int argc, char **argv)
{
	int many = argc > 2 ? atoi(argv[2]) : 0;
	double seconds = argc > 3 ? atof(argv[3]) : 0, from = now();
	struct poll *all = calloc(many > 0 ? many : 1, sizeof *all);
	struct epoll_event events[256];

	if (many < 1 || seconds <= 0 || seconds > LONGEST_S) {
		fprintf(stderr, "agent-load PORT IN_FLIGHT SECONDS [SEND]\n");
		return 2;
	}
	if (argc > 4)
		request = argv[4];
	target.sin_port = htons(atoi(argv[1]));
	target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	queue = epoll_create1(0);
	for (int i = 0; i < many; i++)
		all[i].fd = -1;
	launch(all, many, 1);
	for (;;) {
		int n = epoll_wait(queue, events, 256, 100), open = now() - from < seconds;

		for (int i = 0; i < n; i++) {
			struct poll *p = events[i].data.ptr;

			serve(p, events[i].events);
			if (p->fd < 0 && open)
				begin(p);
		}
		if ((n == 0 || !open) && launch(all, many, open) == 0)
			break;
	}
	printf("%ld %ld %.6f\n", replies, failures, now() - from);
	return 0;
}
