#include "base/build_id.h"
#include <link.h>
#include <string.h>

static size_t padded(uint32_t size) {
    return ((size_t)size + 3) & ~(size_t)3;
}

const uint8_t *build_id_find(const uint8_t *notes, size_t size, uint32_t *id_size) {
    ElfW(Nhdr) note;
    while (size >= sizeof note) {
        memcpy(&note, notes, sizeof note);
        size_t content = sizeof note + padded(note.n_namesz);
        if (content > size || note.n_descsz > size - content)
            return NULL;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
            !memcmp(notes + sizeof note, "GNU", 4)) {
            *id_size = note.n_descsz > BUILD_ID_MAX ? BUILD_ID_MAX : note.n_descsz;
            return notes + content;
        }
        size_t whole = content + padded(note.n_descsz);
        whole = whole < size ? whole : size;
        notes += whole;
        size -= whole;
    }
    return NULL;
}
