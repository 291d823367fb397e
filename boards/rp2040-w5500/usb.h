/* The console on USB: a full-speed device with one serial port (CDC ACM, USB CDC 1.2 and PSTN 1.2), which needs no driver. */
#ifndef SIXFOLD_USB_H
#define SIXFOLD_USB_H

void usb_start(void);
/* There is more text for the host, or more room for what it types. Cheap. */
void usb_more(void);
void usb_interrupt(void);

#endif
