#include "command.h"

const struct command *const commands[] = {
    &command_run, &command_top,     &command_diff, &command_info, &command_snapshot,
    &command_ps,  &command_recover, &command_help, NULL,
};
