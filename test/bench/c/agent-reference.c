/* The least an agent can do: one thread, epoll, accept, write, close. Every agent is measured against it. With `line` it
 * reads a line before it answers, as an agent must that serves several targets on one port.
 *   agent-reference PORT [line] */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static const char reply[] = "up #fine\n";

static void answer(int peer)
{
	if (write(peer, reply, sizeof reply - 1) < 0)
		perror("write");
	close(peer);
}

/* Answers once a line end has come; a peer that is gone is closed. */
static void hear(int peer)
{
	char line[512];
	ssize_t n = read(peer, line, sizeof line);

	if (n <= 0)
		close(peer);
	else if (memchr(line, '\n', n))
		answer(peer);
}

static int listener(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 4096)) {
		perror("agent-reference");
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	int door = listener(argc > 1 ? atoi(argv[1]) : 0), reads = argc > 2 && !strcmp(argv[2], "line");
	int queue = epoll_create1(0);
	struct epoll_event event = {.events = EPOLLIN, .data.fd = door}, events[64];

	epoll_ctl(queue, EPOLL_CTL_ADD, door, &event);
	for (;;) {
		int peer, n = epoll_wait(queue, events, 64, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.fd != door) {
				hear(events[i].data.fd);
				continue;
			}
			while ((peer = accept4(door, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
				event.data.fd = peer;
				if (reads)
					epoll_ctl(queue, EPOLL_CTL_ADD, peer, &event);
				else
					answer(peer);
			}
		}
	}
}
