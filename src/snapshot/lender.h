/* Where `heapline run` listens for traced processes that can have no arena file of their own, and
 * what is said there: the process sends the size that it needs (u64), the answer carries a memfd of
 * that size. One abstract SOCK_SEQPACKET socket a session, so that it works across chroot. */
#ifndef SNAPSHOT_LENDER_H
#define SNAPSHOT_LENDER_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Fills the address in; returns its length. No malloc, no stdio. */
socklen_t lender_address(struct sockaddr_un *address, uint64_t session);

#endif
