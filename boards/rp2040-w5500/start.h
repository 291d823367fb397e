#ifndef SIXFOLD_START_H
#define SIXFOLD_START_H

/* Oscillator, PLLs, and the blocks that are used out of reset. */
void start_clocks(void);

#endif
