/* From .eh_frame_hdr to the rule of one code address: a reader of the subset of DWARF CFI that
 * compilers emit. Whatever it does not know becomes RULE_COMPLEX. */
#include <stddef.h>
#include <string.h>

#include "arch_unwind.h"
#include "unwind/rule.h"

enum { PE_OMIT = 0xff, PE_INDIRECT = 0x80, PE_PCREL = 0x10, PE_DATAREL = 0x30 };
enum { PE_SDATA2 = 10, PE_SDATA4 = 11 };
enum { HDR_TABLE_ENCODING = PE_DATAREL | PE_SDATA4, NESTED_STATES = 6 };

/* A register's rule in the row that is being built. */
enum saved { SAVED_SAME, SAVED_AT_CFA, SAVED_AT_BP, SAVED_UNDEFINED, SAVED_OTHER };
struct saved_register {
    int32_t offset;
    uint8_t how; /* enum saved */
};
enum cfa_form { CFA_REGISTER, CFA_AT_BP, CFA_OTHER };
struct row {
    int32_t cfa_offset;
    uint8_t cfa_register, cfa_form;
    struct saved_register bp, ra;
};

struct cie {
    const uint8_t *program, *program_end;
    uint64_t code_align;
    int64_t data_align;
    uint8_t pointer_encoding, has_augmentation, is_signal;
};

struct machine {
    struct row row, initial, stack[NESTED_STATES];
    uint64_t location, target;
    const struct cie *cie;
    int depth, complex;
};

static uint32_t load_u32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static int32_t load_i32(const uint8_t *p) {
    return (int32_t)load_u32(p);
}

static uint64_t read_leb(const uint8_t **p, int is_signed) {
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
        byte = *(*p)++;
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    if (is_signed && shift < 64 && (byte & 0x40))
        value |= ~UINT64_C(0) << shift;
    return value;
}

/* Most are of one byte. */
static inline uint64_t read_uleb(const uint8_t **p) {
    return **p < 0x80 ? *(*p)++ : read_leb(p, 0);
}

static int64_t read_sleb(const uint8_t **p) {
    return (int64_t)read_leb(p, 1);
}

static uint64_t read_width(const uint8_t **p, uint8_t format) {
    static const uint8_t width[16] = {8, 0, 2, 4, 8, 0, 0, 0, 8, 0, 2, 4, 8, 0, 0, 0};
    uint8_t w = width[format & 15];
    uint64_t value = 0;
    memcpy(&value, *p, w);
    *p += w;
    if ((format & 15) == PE_SDATA4)
        return (uint64_t)(int64_t)(int32_t)value;
    if ((format & 15) == PE_SDATA2)
        return (uint64_t)(int64_t)(int16_t)value;
    return value;
}

static uint64_t read_encoded(const uint8_t **p, uint8_t encoding) {
    uint64_t base = (encoding & 0x70) == PE_PCREL ? (uint64_t)(uintptr_t)*p : 0;
    return read_width(p, encoding) + base;
}

/* The FDE whose range starts last at or before pc, by the header's binary search table. */
static const uint8_t *find_fde(uint64_t pc, const uint8_t *hdr) {
    const uint8_t *p = hdr + 4, *table;
    uint64_t count, low = 0, high;
    int64_t offset = (int64_t)(pc - (uint64_t)(uintptr_t)hdr);
    if (hdr[0] != 1 || hdr[2] == PE_OMIT || hdr[3] != HDR_TABLE_ENCODING)
        return NULL;
    read_encoded(&p, hdr[1]); /* where .eh_frame begins */
    count = read_encoded(&p, hdr[2]);
    table = p;
    if (count == 0 || offset < load_i32(table))
        return NULL;
    high = count;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (load_i32(table + middle * 8) <= offset)
            low = middle;
        else
            high = middle;
    }
    return hdr + load_i32(table + low * 8 + 4);
}

static int read_augmentation(const uint8_t *p, const char *text, struct cie *cie) {
    for (; *text != '\0'; text++) {
        if (*text == 'R')
            cie->pointer_encoding = *p++;
        else if (*text == 'L')
            p++;
        else if (*text == 'S')
            cie->is_signal = 1;
        else if (*text == 'P') {
            uint8_t encoding = *p++;
            read_width(&p, encoding);
        } else if (*text != 'B')
            return -1;
    }
    return 0;
}

static int read_cie(const uint8_t *p, struct cie *cie) {
    uint32_t size = load_u32(p);
    const char *augmentation = (const char *)p + 9;
    if (size == 0 || size == UINT32_MAX || (p[8] != 1 && p[8] != 3))
        return -1;
    memset(cie, 0, sizeof *cie);
    cie->program_end = p + 4 + size;
    p = (const uint8_t *)augmentation + strlen(augmentation) + 1;
    cie->code_align = read_uleb(&p);
    cie->data_align = read_sleb(&p);
    if (read_uleb(&p) != ARCH_CFI_RETURN)
        return -1;
    if (*augmentation == 'z') {
        uint64_t length = read_uleb(&p);
        cie->has_augmentation = 1;
        if (read_augmentation(p, augmentation + 1, cie) != 0)
            return -1;
        p += length;
    } else if (*augmentation != '\0')
        return -1;
    cie->program = p;
    return 0;
}

static void set_saved(struct machine *m, uint64_t reg, enum saved how, int64_t offset) {
    struct saved_register value = {(int32_t)offset, (uint8_t)how};
    if (reg == ARCH_CFI_BP)
        m->row.bp = value;
    else if (reg == ARCH_CFI_RETURN)
        m->row.ra = value;
}

static void restore(struct machine *m, uint64_t reg) {
    if (reg == ARCH_CFI_BP)
        m->row.bp = m->initial.bp;
    else if (reg == ARCH_CFI_RETURN)
        m->row.ra = m->initial.ra;
}

/* DW_OP_breg N of bp alone: the address bp + N; with DW_OP_deref behind it: the value stored there.
 */
static int is_at_bp(const uint8_t *block, uint64_t size, int with_deref, int64_t *offset) {
    enum { OP_DEREF = 0x06 };
    const uint8_t *p = block + 1;
    if (size < 2 || ARCH_OP_BP == 0 || block[0] != ARCH_OP_BP)
        return 0;
    *offset = read_sleb(&p);
    if (with_deref)
        return p + 1 == block + size && *p == OP_DEREF;
    return p == block + size;
}

static void set_cfa_expression(struct machine *m, const uint8_t **p) {
    uint64_t size = read_uleb(p);
    int64_t offset = 0;
    m->row.cfa_form = is_at_bp(*p, size, 1, &offset) ? CFA_AT_BP : CFA_OTHER;
    m->row.cfa_offset = (int32_t)offset;
    *p += size;
}

static void set_expression(struct machine *m, const uint8_t **p, int is_value) {
    uint64_t reg = read_uleb(p), size = read_uleb(p);
    int64_t offset = 0;
    if (!is_value && is_at_bp(*p, size, 0, &offset))
        set_saved(m, reg, SAVED_AT_BP, offset);
    else
        set_saved(m, reg, SAVED_OTHER, 0);
    *p += size;
}

static void set_cfa(struct machine *m, uint64_t reg, int64_t offset) {
    m->row.cfa_form = reg == ARCH_CFI_SP || reg == ARCH_CFI_BP ? CFA_REGISTER : CFA_OTHER;
    m->row.cfa_register = (uint8_t)reg;
    m->row.cfa_offset = (int32_t)offset;
}

static void remember(struct machine *m) {
    if (m->depth == NESTED_STATES)
        m->complex = 1;
    else
        m->stack[m->depth++] = m->row;
}

static void recall(struct machine *m) {
    if (m->depth == 0)
        m->complex = 1;
    else
        m->row = m->stack[--m->depth];
}

enum {
    OP_NOP,
    OP_SET_LOC,
    OP_ADVANCE1,
    OP_ADVANCE2,
    OP_ADVANCE4,
    OP_OFFSET_EXTENDED,
    OP_RESTORE_EXTENDED,
    OP_UNDEFINED,
    OP_SAME_VALUE,
    OP_REGISTER,
    OP_REMEMBER,
    OP_RESTORE_STATE,
    OP_DEF_CFA,
    OP_DEF_CFA_REGISTER,
    OP_DEF_CFA_OFFSET,
    OP_DEF_CFA_EXPRESSION,
    OP_EXPRESSION,
    OP_OFFSET_EXTENDED_SF,
    OP_DEF_CFA_SF,
    OP_DEF_CFA_OFFSET_SF,
    OP_VAL_OFFSET,
    OP_VAL_OFFSET_SF,
    OP_VAL_EXPRESSION,
    OP_NEGATE_RA_STATE = 0x2d,
    OP_GNU_ARGS_SIZE = 0x2e
};

static uint64_t read_advance(const uint8_t **p, uint8_t op) {
    static const uint8_t width[] = {[OP_ADVANCE1] = 1, [OP_ADVANCE2] = 2, [OP_ADVANCE4] = 4};
    uint64_t delta = 0;
    memcpy(&delta, *p, width[op]);
    *p += width[op];
    return delta;
}

/* One instruction that is not packed into its opcode and does not advance. */
static void execute_extended(struct machine *m, uint8_t op, const uint8_t **p) {
    int64_t data_align = m->cie->data_align;
    uint64_t reg;
    switch (op) {
    case OP_NOP:
    case OP_NEGATE_RA_STATE: /* aarch64: return addresses are signed, or are no longer */
        break;
    case OP_OFFSET_EXTENDED:
        reg = read_uleb(p);
        set_saved(m, reg, SAVED_AT_CFA, (int64_t)read_uleb(p) * data_align);
        break;
    case OP_OFFSET_EXTENDED_SF:
        reg = read_uleb(p);
        set_saved(m, reg, SAVED_AT_CFA, read_sleb(p) * data_align);
        break;
    case OP_RESTORE_EXTENDED:
        restore(m, read_uleb(p));
        break;
    case OP_UNDEFINED:
        set_saved(m, read_uleb(p), SAVED_UNDEFINED, 0);
        break;
    case OP_SAME_VALUE:
        set_saved(m, read_uleb(p), SAVED_SAME, 0);
        break;
    case OP_REGISTER:
    case OP_VAL_OFFSET:
    case OP_VAL_OFFSET_SF:
        set_saved(m, read_uleb(p), SAVED_OTHER, 0);
        read_uleb(p);
        break;
    case OP_REMEMBER:
        remember(m);
        break;
    case OP_RESTORE_STATE:
        recall(m);
        break;
    case OP_DEF_CFA:
        reg = read_uleb(p);
        set_cfa(m, reg, (int64_t)read_uleb(p));
        break;
    case OP_DEF_CFA_SF:
        reg = read_uleb(p);
        set_cfa(m, reg, read_sleb(p) * data_align);
        break;
    case OP_DEF_CFA_REGISTER:
        set_cfa(m, read_uleb(p), m->row.cfa_offset);
        break;
    case OP_DEF_CFA_OFFSET:
        m->row.cfa_offset = (int32_t)read_uleb(p);
        break;
    case OP_DEF_CFA_OFFSET_SF:
        m->row.cfa_offset = (int32_t)(read_sleb(p) * data_align);
        break;
    case OP_DEF_CFA_EXPRESSION:
        set_cfa_expression(m, p);
        break;
    case OP_EXPRESSION:
    case OP_VAL_EXPRESSION:
        set_expression(m, p, op == OP_VAL_EXPRESSION);
        break;
    case OP_GNU_ARGS_SIZE:
        read_uleb(p);
        break;
    default:
        m->complex = 1;
    }
}

/* Runs a CFA program up to the row that covers the target. */
static void execute(struct machine *m, const uint8_t *p, const uint8_t *end) {
    while (p < end && !m->complex) {
        uint8_t op = *p++, operand = op & 0x3f;
        uint64_t delta = operand;
        switch (op >> 6) {
        case 1:
            break;
        case 2:
            set_saved(m, operand, SAVED_AT_CFA, (int64_t)read_uleb(&p) * m->cie->data_align);
            continue;
        case 3:
            restore(m, operand);
            continue;
        default:
            if (op < OP_ADVANCE1 || op > OP_ADVANCE4) {
                execute_extended(m, op, &p);
                continue;
            }
            delta = read_advance(&p, op);
        }
        m->location += delta * m->cie->code_align;
        if (m->location > m->target)
            return;
    }
}

static struct rule to_rule(const struct row *row) {
    static const uint8_t bp_kind[] = {[SAVED_SAME] = RULE_BP_SAME,
                                      [SAVED_AT_CFA] = RULE_BP_AT_CFA,
                                      [SAVED_AT_BP] = RULE_BP_AT_BP,
                                      [SAVED_UNDEFINED] = RULE_BP_SAME};
    struct rule rule = {.kind = RULE_COMPLEX};
    int32_t saved;
    int has_bp;
    if (row->ra.how == SAVED_UNDEFINED) {
        rule.kind = RULE_END;
        return rule;
    }
    if (row->cfa_offset > RULE_CFA_MAX || row->cfa_offset < -RULE_CFA_MAX)
        return rule;
    rule.cfa = row->cfa_offset;
    if (row->ra.how != SAVED_AT_CFA || row->cfa_form == CFA_OTHER || row->bp.how == SAVED_OTHER)
        return rule;
    has_bp = bp_kind[row->bp.how] != RULE_BP_SAME;
    saved = has_bp ? row->bp.offset : row->ra.offset;
    if (saved != (int16_t)saved || !arch_can_return(row->ra.offset, has_bp, row->bp.offset))
        return rule;
    rule.bp = (int16_t)saved;
    rule.bp_kind = bp_kind[row->bp.how] & 3;
    if (row->cfa_form == CFA_AT_BP)
        rule.kind = RULE_CFA_AT_BP;
    else
        rule.kind = row->cfa_register == ARCH_CFI_BP ? RULE_CFA_BP : RULE_CFA_SP;
    if (rule.kind == RULE_CFA_SP && rule.cfa <= 0) /* nonsense, and its word might be 0 */
        rule.kind = RULE_COMPLEX;
    return rule;
}

static struct rule run(uint64_t pc, const uint8_t *fde, const uint8_t *p, const struct cie *cie,
                       uint64_t start) {
    struct machine m = {.cie = cie, .location = start, .target = pc};
    m.row.cfa_form = CFA_OTHER;
    execute(&m, cie->program, cie->program_end);
    m.initial = m.row;
    m.location = start;
    execute(&m, p, fde + 4 + load_u32(fde));
    if (m.complex)
        return (struct rule){.kind = RULE_COMPLEX};
    return to_rule(&m.row);
}

struct rule rule_compute(uint64_t pc, const uint8_t *eh_frame_hdr) {
    struct rule none = {.kind = RULE_NO_CFI}, complex = {.kind = RULE_COMPLEX};
    const uint8_t *fde = find_fde(pc, eh_frame_hdr), *p;
    struct cie cie;
    uint64_t start, length;
    if (fde == NULL)
        return none;
    if (load_u32(fde) == UINT32_MAX || read_cie(fde + 4 - load_i32(fde + 4), &cie) != 0 ||
        (cie.pointer_encoding & PE_INDIRECT))
        return complex;
    p = fde + 8;
    start = read_encoded(&p, cie.pointer_encoding);
    length = read_width(&p, cie.pointer_encoding);
    if (pc - start >= length)
        return none;
    if (cie.has_augmentation) {
        uint64_t skip = read_uleb(&p);
        p += skip;
    }
    if (cie.is_signal && arch_is_sigreturn(pc))
        return (struct rule){.kind = RULE_SIGRETURN};
    return run(pc, fde, p, &cie, start);
}

int rule_begins_function(uint64_t pc, const uint8_t *eh_frame_hdr) {
    const uint8_t *fde = find_fde(pc, eh_frame_hdr), *p = fde + 8;
    struct cie cie;
    return fde != NULL && load_u32(fde) != UINT32_MAX &&
           read_cie(fde + 4 - load_i32(fde + 4), &cie) == 0 &&
           read_encoded(&p, cie.pointer_encoding) == pc;
}
