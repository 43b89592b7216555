/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded into the DCMTK tools: every TCP socket sends at once (TCP_NODELAY) and acknowledges at once what it received
 * (TCP_QUICKACK, which the kernel forgets again and again).  A peer that leaves Nagle's algorithm on waits for that
 * acknowledgement, 40 ms for each object.  And no tool asks the name service who this host is (gethostid).  Touches nothing else;
 * errno is kept; no locks, so safe in threads. */
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

/* No memory of which descriptors are sockets: asking costs some 100 ns and fails at once on a file, and storescp -id
 * puts its connection where its log configuration was open a moment before. */
static void prompt(int fd, int option)
{
	int on = 1, kept = errno;

	(void)setsockopt(fd, IPPROTO_TCP, option, &on, sizeof on);
	errno = kept;
}

static void received(int fd)
{
	prompt(fd, TCP_NODELAY);	/* a connection may be handed over by whoever started us */
	prompt(fd, TCP_QUICKACK);
}

/* The function of that name in the libraries behind us.  Found once; two threads would find the same. */
#define NEXT(name) \
	static __typeof__(&name) _Atomic found; \
	__typeof__(&name) next = found; \
	if (!next) \
		found = next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t read(int fd, void *buffer, size_t size)
{
	NEXT(read);
	ssize_t n = next(fd, buffer, size);

	if (n > 0)
		received(fd);
	return n;
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	NEXT(recv);
	ssize_t n = next(fd, buffer, size, flags);

	if (n > 0)
		received(fd);
	return n;
}

int connect(int fd, const struct sockaddr *to, socklen_t len)
{
	NEXT(connect);
	prompt(fd, TCP_NODELAY);	/* before, for a connect that is still in progress when it returns */
	return next(fd, to, len);
}

int accept(int fd, struct sockaddr *from, socklen_t *len)
{
	NEXT(accept);
	int accepted = next(fd, from, len);

	if (accepted >= 0)
		prompt(accepted, TCP_NODELAY);
	return accepted;
}

/* findscu makes a UID for the file of each answer, which nobody reads, from the identifier of the host.  Without an /etc/hostid glibc
 * asks the name service for that, and where it does not know the name of this machine DCMTK asks again for each answer: a
 * millisecond, or five seconds. */
long gethostid(void)
{
	return 1;
}
