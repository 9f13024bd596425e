/* Where `heapline run` listens for traced processes that can have no arena file of their own, and
 * what is said there: the process sends the size that it needs (u64), the answer carries a memfd of
 * that size. One abstract SOCK_SEQPACKET socket a session, so that it works across chroot. The
 * memfd's name says where the lender holds it, for readers that find it among the mappings of the
 * borrower. No malloc, no stdio. */
#ifndef SNAPSHOT_LENDER_H
#define SNAPSHOT_LENDER_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { LENDER_NAME_MAX = 40 };

/* Fills the address in; returns its length. */
socklen_t lender_address(struct sockaddr_un *address, uint64_t session);

/* The name (LENDER_NAME_MAX bytes) of a memfd that process `pid` holds as descriptor `fd`. */
void lender_name_file(char *name, uint32_t pid, uint32_t fd);
/* A descriptor for reading the lent file with this path among a process' mappings, or -1. What it
 * leads to is for the caller to check. */
int lender_open_file(const char *path);

#endif
