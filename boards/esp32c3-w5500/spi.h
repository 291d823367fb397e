#ifndef SIXFOLD_SPI_H
#define SIXFOLD_SPI_H

enum { SPI_INTERRUPT_PIN = 4 };

/* The W5500's wires; the chip is held in reset. */
void spi_start(void);

#endif
