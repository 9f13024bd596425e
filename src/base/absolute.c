#include "base/absolute.h"
#include <string.h>
#include "base/sys.h"
#include "base/text.h"

const char *absolute_path(const char *path, char *buffer, size_t size) {
    struct text t;
    if (*path == '/' || *path == '\0')
        return path;
    /* What lies outside of the root begins with "(unreachable)". */
    if (sys_failed(sys_call(SYS_getcwd, (long)buffer, (long)size, 0, 0, 0, 0)) || *buffer != '/')
        return path;
    t = (struct text){buffer, size, strlen(buffer)};
    if (t.length > 1)
        text_string(&t, "/");
    text_string(&t, path);
    return t.length < size ? buffer : path;
}
