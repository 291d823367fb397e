/* libFuzzer over the receive path of an image. An input is a list of frames with what happens around them:
 *
 *     0 flags: 3 = port, 4 = leave checksums as they are, 8 = tick afterwards   1 time step: index of STEPS
 *     2 length of the frame, little-endian   4 frame
 *
 * Before every input the image is put back into the state that the setup tape (FUZZ_SETUP) brought it to. */
#include <stddef.h>
#include <stdlib.h>

#include "node.h"

enum { HEADER = 4 };

static const uint32_t STEPS[] = {0, 1, 10, 100, 1000, 5000, 30000, 600000};

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  node_start(getenv("FUZZ_SETUP"));
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  node_restore();
  while (size >= HEADER) {
    uint8_t flags = data[0], step = data[1];
    size_t len = (size_t)(data[2] | data[3] << 8);
    data += HEADER, size -= HEADER;
    if (len > size) len = size;
    node_pass(STEPS[step % (sizeof STEPS / sizeof *STEPS)]);
    node_receive(flags & 3, data, (uint32_t)len, !(flags & 4));
    node_drain();
    if (flags & 8) node_tick();
    data += len, size -= len;
  }
  return 0;
}
