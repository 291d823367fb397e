/* Runs a subject under valgrind with its secrets marked undefined: memcheck then reports every jump and every address that depends on
 * them (Langley, ctgrind). Exit 3: the result does not depend on a secret. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "image.h"
#include "runtime.h"

static Z_image_instance_t instance;

void runtime_trapped(const char *reason) {
  fprintf(stderr, "the subject trapped: %s\n", reason);
  exit(1);
}

int main(void) {
  if (!RUNNING_ON_VALGRIND) {
    fputs("this runs under valgrind only\n", stderr);
    return 2;
  }
  Z_image_init_module();
  Z_image_instantiate(&instance);
  uint8_t *memory = Z_imageZ_memory(&instance)->data;
  uint32_t list[1 + 2 * 8];
  memcpy(list, memory + Z_imageZ_secrets(&instance), sizeof list);
  for (uint32_t i = 0; i < list[0]; i++) {
    uint8_t *start = memory + list[1 + 2 * i];
    for (uint32_t k = 0; k < list[2 + 2 * i]; k++) start[k] = (uint8_t)(k * 37 + i + 1);
    (void)VALGRIND_MAKE_MEM_UNDEFINED(start, list[2 + 2 * i]);
  }
  uint64_t result = Z_imageZ_run(&instance), unknown = 0;
  (void)VALGRIND_GET_VBITS(&result, &unknown, sizeof unknown);
  return unknown ? 0 : 3;
}
