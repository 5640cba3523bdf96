/* The least an agent can do: one thread, epoll, accept, write, close. Every agent is measured against it.
 *   agent-reference PORT */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

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
	static const char reply[] = "up #fine\n";
	int door = listener(argc > 1 ? atoi(argv[1]) : 0);
	int poll = epoll_create1(0);
	struct epoll_event event = {.events = EPOLLIN};

	epoll_ctl(poll, EPOLL_CTL_ADD, door, &event);
	for (;;) {
		int peer;

		epoll_wait(poll, &event, 1, -1);
		while ((peer = accept4(door, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
			if (write(peer, reply, sizeof reply - 1) < 0)
				perror("write");
			close(peer);
		}
	}
}
