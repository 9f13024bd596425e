#include "snapshot/lender.h"
#include <stddef.h>
#include <string.h>
#include "base/text.h"

socklen_t lender_address(struct sockaddr_un *address, uint64_t session) {
    struct text name;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX; /* sun_path[0] stays 0: the abstract name space */
    text_init(&name, address->sun_path + 1, sizeof address->sun_path - 1);
    text_string(&name, "heapline-");
    text_hex(&name, session);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + name.length);
}
