/* A library to be preloaded whose constructor allocates the process' first blocks while the C
 * library holds the lock of the locale. Who asks for the text of an error then releases the lock as
 * if it were his own, and from the next time on everybody waits for ever. */
#include <locale.h>
#include <stdlib.h>

static void make_locale(void) {
    locale_t locale = newlocale(LC_CTYPE_MASK | LC_MESSAGES_MASK, "C.UTF-8", NULL);
    if (locale != NULL)
        freelocale(locale);
}

__attribute__((constructor)) static void begin(void) {
    make_locale();
    make_locale();
}
