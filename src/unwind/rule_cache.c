#include <dlfcn.h>
#include <string.h>

#include "unwind/rule.h"
#include "unwind/unwind.h"

struct rule_entry rule_cache[RULE_CACHE_SIZE];
uint64_t rule_generations = 1;

_Static_assert(sizeof(struct rule) == sizeof(uint64_t), "a rule is one word");

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
    if (!*in_object)
        return rule;
    if (object.dlfo_eh_frame != NULL)
        rule = rule_compute(pc, object.dlfo_eh_frame);
    if (object.dlfo_eh_frame != NULL && rule.kind != RULE_SIGRETURN && !exact &&
        is_bottom(ip, &object))
        rule.kind = RULE_END;
    rule.own = unwind_is_own(ip) != 0;
    rule.module = rule_module_of(&object) & UINT16_MAX;
    return rule;
}

struct rule rule_find_slowly(uint64_t ip, int exact, int *in_object) {
    uint64_t key = rule_key(ip, exact), word;
    struct rule_entry *e = rule_entry_of(key);
    struct rule rule = look_up(ip, exact, in_object);
    if (!*in_object) /* never cached: the loader may be about to publish the object */
        return rule;
    memcpy(&word, &rule, sizeof word);
    __atomic_store_n(&e->rule, word, __ATOMIC_RELAXED);
    __atomic_store_n(&e->key_xor_rule, word ^ key, __ATOMIC_RELAXED);
    return rule;
}

void rule_flush(void) {
    if ((__atomic_add_fetch(&rule_generations, 1, __ATOMIC_RELAXED) & 0xffff) == 0)
        memset(rule_cache, 0, sizeof rule_cache); /* generations repeat after 65,536 */
}
