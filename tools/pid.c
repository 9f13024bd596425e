#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "pid.h"

int pid_is(const char *word) {
    return *word && !word[strspn(word, "0123456789")];
}

uint32_t pid_parse(const char *word) {
    unsigned long pid = strtoul(word, NULL, 10);
    return pid <= INT_MAX ? (uint32_t)pid : 0;
}
