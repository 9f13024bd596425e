#include "base/error.h"
#include <string.h>
#include "base/text.h"

enum { SUBJECT_MAX = 120 };

/* A long subject (a path) keeps its end, the telling part, and leaves room for the problem. */
static void append_subject(struct text *t, const char *subject) {
    size_t length = strlen(subject);
    if (length > SUBJECT_MAX) {
        subject += length - SUBJECT_MAX;
        while (((unsigned char)*subject & 0xC0) == 0x80) /* not inside a UTF-8 character */
            subject++;
        text_string(t, "...");
    }
    text_string(t, subject);
    text_string(t, ": ");
}

/* strerror may allocate and translate; this neither. */
static void append_os_error(struct text *t, int os_errno) {
    const char *description = strerrordesc_np(os_errno);
    text_string(t, ": ");
    if (description) {
        text_string(t, description);
        return;
    }
    text_string(t, "error ");
    text_decimal(t, (unsigned)os_errno);
}

int error_set(struct heapline_error *err, int code, int os_errno, const char *subject,
              const char *problem) {
    if (!err)
        return -1;
    err->code = code;
    err->os_errno = os_errno;
    struct text message;
    text_init(&message, err->message, sizeof err->message);
    if (subject)
        append_subject(&message, subject);
    text_string(&message, problem);
    if (os_errno)
        append_os_error(&message, os_errno);
    return -1;
}

int error_about(struct heapline_error *err, const char *subject) {
    if (!err || !*subject)
        return -1;
    char problem[sizeof err->message];
    int os_errno = err->os_errno;
    strcpy(problem, err->message);
    error_set(err, err->code, 0, subject, problem);
    err->os_errno = os_errno;
    return -1;
}
