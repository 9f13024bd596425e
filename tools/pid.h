/* Reading a process id from the command line. */
#ifndef TOOLS_PID_H
#define TOOLS_PID_H

#include <stdint.h>

/* 1 if the word is digits only, and so stands for a process, never for a file. */
int pid_is(const char *word);
/* Its number; 0 if there can be no such process. */
uint32_t pid_parse(const char *word);

#endif
