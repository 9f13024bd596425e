#include <dlfcn.h>
#include <string.h>

#include "arch_unwind.h"
#include "unwind/rule.h"
#include "unwind/unwind.h"

struct rule_set rule_cache[RULE_SETS];
uint64_t rule_numbered[RULE_NUMBERS];
uint64_t rule_generations = 1;

_Static_assert(sizeof(struct rule) == sizeof(uint64_t), "a rule is one word");

/* A return address that no call left, at the very start of a function: somebody put it there as the
 * bottom of a stack, as makecontext does. */
static int is_bottom(uint64_t ip, const struct dl_find_object *object) {
    const uint8_t *code = (const uint8_t *)(uintptr_t)ip;
    return code - (const uint8_t *)object->dlfo_map_start > 8 && !arch_follows_call(ip) &&
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
    if (rule.kind == RULE_NO_CFI && !ARCH_SIGRETURN_HAS_CFI && arch_is_sigreturn(pc))
        rule.kind = RULE_SIGRETURN;
    rule.own = unwind_is_own(ip) != 0;
    rule.module = rule_module_of(&object) & UINT16_MAX;
    return rule;
}

/* The rule's number, a new one if need be; RULE_NUMBERS when there are none left. No number is ever
 * given another rule. */
static uint64_t number_of(struct rule rule) {
    uint64_t wanted;
    memcpy(&wanted, &rule, sizeof wanted);
    for (uint64_t i = 0; i < RULE_NUMBERS; i++) {
        uint64_t *at = (uint64_t *)&rule_numbered[i], held = __atomic_load_n(at, __ATOMIC_RELAXED);
        if (held == 0 &&
            __atomic_compare_exchange_n(at, &held, wanted, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
            return i;
        if (held == wanted)
            return i;
    }
    return RULE_NUMBERS;
}

/* The way of a set that a new word replaces: one of no use any more, else one after the other. */
static uint64_t *way_of(struct rule_place place) {
    static unsigned next;
    const uint64_t mask = (((uint64_t)1 << RULE_SET_BITS) - 1) << RULE_NUMBER_BITS;
    for (unsigned i = 0; i < RULE_WAYS; i++)
        if (((__atomic_load_n(&place.set->word[i], __ATOMIC_RELAXED) ^ place.tag) & mask) != 0)
            return &place.set->word[i];
    return &place.set->word[__atomic_add_fetch(&next, 1, __ATOMIC_RELAXED) % RULE_WAYS];
}

struct rule rule_find_slowly(uint64_t ip, int exact, int *in_object) {
    struct rule_place place = rule_place_of(ip, exact, rule_generation());
    struct rule rule = look_up(ip, exact, in_object);
    uint64_t number;
    if (!*in_object) /* never cached: the loader may be about to publish the object */
        return rule;
    number = number_of(rule);
    if (number < RULE_NUMBERS)
        __atomic_store_n(way_of(place), place.tag | number, __ATOMIC_RELEASE);
    return rule;
}

/* Beside threads that read and write them. */
static void empty_all_words(void) {
    for (unsigned set = 0; set < RULE_SETS; set++)
        for (unsigned way = 0; way < RULE_WAYS; way++)
            __atomic_store_n(&rule_cache[set].word[way], 0, __ATOMIC_RELAXED);
}

/* Generations come again after RULE_SETS, and none is 0, which is what an empty word has. */
void rule_flush(void) {
    while ((__atomic_add_fetch(&rule_generations, 1, __ATOMIC_RELAXED) & (RULE_SETS - 1)) == 0)
        empty_all_words();
}
