#include <dlfcn.h>
#include <string.h>

#include "unwind/rule.h"

/* Direct-mapped, shared by all threads without a lock: an entry is valid only if its two words
 * agree, so a torn read is a miss. The key's upper 16 bits are the generation of loaded objects. */
enum { CACHE_BITS = 13, CACHE_SIZE = 1 << CACHE_BITS };
struct entry {
    uint64_t key_xor_rule, rule;
};
static struct entry cache[CACHE_SIZE];
static uint64_t generation = 1;

_Static_assert(sizeof(struct rule) == sizeof(uint64_t), "a rule is one word");

static struct entry *entry_of(uint64_t key) {
    return &cache[(key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - CACHE_BITS)];
}

static uint64_t key_of(uint64_t ip, int exact) {
    uint64_t g = __atomic_load_n(&generation, __ATOMIC_RELAXED);
    return ip << 1 | (uint64_t)exact | g << 48;
}

/* Could the instruction before `ip` be a call? */
static int follows_call(const uint8_t *ip) {
    return ip[-5] == 0xe8 || (ip[-6] == 0xff && ip[-5] == 0x15) ||
           (ip[-2] == 0xff && (ip[-1] & 0x38) == 0x10) ||
           (ip[-3] == 0xff && (ip[-2] & 0x38) == 0x10) ||
           (ip[-4] == 0xff && (ip[-3] & 0x38) == 0x10) ||
           (ip[-6] == 0xff && (ip[-5] & 0x38) == 0x10) ||
           (ip[-7] == 0xff && (ip[-6] & 0x38) == 0x10);
}

/* A return address that no call left, at the very start of a function: somebody put it there as the
 * bottom of a stack, as makecontext does. */
static int is_bottom(uint64_t ip, const struct dl_find_object *object) {
    const uint8_t *code = (const uint8_t *)(uintptr_t)ip;
    return code - (const uint8_t *)object->dlfo_map_start > 8 && !follows_call(code) &&
           rule_begins_function(ip, object->dlfo_eh_frame);
}

static struct rule look_up(uint64_t ip, int exact, int *in_object) {
    struct rule rule = {.kind = RULE_NO_CFI};
    struct dl_find_object object;
    uint64_t pc = exact ? ip : ip - 1;
    *in_object = _dl_find_object((void *)(uintptr_t)pc, &object) == 0;
    if (!*in_object || object.dlfo_eh_frame == NULL)
        return rule;
    rule = rule_compute(pc, object.dlfo_eh_frame);
    if (rule.kind != RULE_SIGRETURN && !exact && is_bottom(ip, &object))
        rule.kind = RULE_END;
    return rule;
}

struct rule rule_find(uint64_t ip, int exact, int *in_object) {
    uint64_t key = key_of(ip, exact), word;
    struct entry *e = entry_of(key);
    struct rule rule;
    word = __atomic_load_n(&e->rule, __ATOMIC_RELAXED);
    if ((__atomic_load_n(&e->key_xor_rule, __ATOMIC_RELAXED) ^ word) == key && word != 0) {
        memcpy(&rule, &word, sizeof rule);
        *in_object = 1;
        return rule;
    }
    rule = look_up(ip, exact, in_object);
    if (!*in_object) /* never cached: the loader may be about to publish the object */
        return rule;
    memcpy(&word, &rule, sizeof word);
    __atomic_store_n(&e->rule, word, __ATOMIC_RELAXED);
    __atomic_store_n(&e->key_xor_rule, word ^ key, __ATOMIC_RELAXED);
    return rule;
}

uint32_t rule_generation(void) {
    return (uint32_t)__atomic_load_n(&generation, __ATOMIC_RELAXED);
}

void rule_flush(void) {
    if ((__atomic_add_fetch(&generation, 1, __ATOMIC_RELAXED) & 0xffff) == 0)
        memset(cache, 0, sizeof cache); /* generations repeat after 65,536 */
}
