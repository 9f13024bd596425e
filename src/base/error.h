/* Filling the one error type. Never calls malloc or stdio; async-signal-safe. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "heapline.h"

/* Writes code, os_errno and the message "SUBJECT: PROBLEM" (": strerror-like text" when os_errno is
 * not 0); err may be NULL, subject may be NULL. Always returns -1, so callers can return it. */
int error_set(struct heapline_error *err, int code, int os_errno, const char *subject,
              const char *problem);

/* Puts "SUBJECT: " in front of the message; none where err is NULL or the subject empty. -1. */
int error_about(struct heapline_error *err, const char *subject);

#endif
