/* The functions in which tools find the watched program (src/tools/watched-program.ts). */
#pragma once

unsigned watched_in_library(unsigned value);
unsigned watched_in_program(unsigned value);
