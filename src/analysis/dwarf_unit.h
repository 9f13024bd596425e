/* The inlined call chains of one compilation unit, indexed by one walk over its functions, and one
 * into each that holds an address that is asked for: asking libdw for the scopes of every address
 * apart walks the unit anew each time.
 *
 * Borrows the Dwarf that the unit belongs to. Not thread-safe.
 */
#ifndef ANALYSIS_DWARF_UNIT_H
#define ANALYSIS_DWARF_UNIT_H

#include <elfutils/libdw.h>
#include "analysis/symbol_file.h"

struct dwarf_unit;

/* `line_die` owns the line table; `die` the entries (another one for split units). NULL: memory. */
struct dwarf_unit *dwarf_unit_new(const Dwarf_Die *line_die, const Dwarf_Die *die);
/* Appends the frames at an address, innermost first; none where the unit knows nothing of it. */
void dwarf_unit_frames(struct dwarf_unit *unit, Dwarf_Addr address, struct raw_frames *out);
void dwarf_unit_free(struct dwarf_unit *unit);

#endif
