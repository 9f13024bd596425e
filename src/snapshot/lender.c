#include "snapshot/lender.h"
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include "base/text.h"

static const char prefix[] = "heapline-lent.";

socklen_t lender_address(struct sockaddr_un *address, uint64_t session) {
    struct text name;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX; /* sun_path[0] stays 0: the abstract name space */
    text_init(&name, address->sun_path + 1, sizeof address->sun_path - 1);
    text_string(&name, "heapline-");
    text_hex(&name, session);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + name.length);
}

void lender_name_file(char *name, uint32_t pid, uint32_t fd) {
    struct text t;
    text_init(&t, name, LENDER_NAME_MAX);
    text_string(&t, prefix);
    text_decimal(&t, pid);
    text_string(&t, ".");
    text_decimal(&t, fd);
}

/* Appends the number at `from`; returns what follows it, NULL if there is none. */
static const char *copy_number(struct text *to, const char *from) {
    size_t digits = strspn(from, "0123456789");
    text_bytes(to, from, digits);
    return digits ? from + digits : NULL;
}

int lender_open_file(const char *path) {
    static const char memfd[] = "/memfd:";
    const char *at = path + strlen(memfd);
    char link[64];
    struct text t;
    if (strncmp(path, memfd, strlen(memfd)) != 0 || strncmp(at, prefix, strlen(prefix)) != 0)
        return -1;
    text_init(&t, link, sizeof link);
    text_string(&t, "/proc/");
    at = copy_number(&t, at + strlen(prefix));
    text_string(&t, "/fd/");
    if (!at || *at != '.' || !copy_number(&t, at + 1))
        return -1;
    return open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}
