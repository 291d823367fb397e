/* What the boot loader and ESP-IDF's tools look for at the beginning of an image (esp_app_desc_t): 256 bytes. */
#include <stdint.h>

static const struct {
  uint32_t magic, secure_version, reserved1[2];
  char version[32], project[32], time[16], date[16], framework[32];
  uint8_t sha256[32];
  /* Revisions of the eFuses' block, times 100. */
  uint16_t least_efuse, most_efuse;
  uint8_t page_bits, reserved2[3];
  uint32_t reserved3[18];
} description __attribute__((section(".app_description"), used)) = {
    .magic = 0xabcd5432, .project = "sixfold " BOARD_NAME, .framework = "none", .most_efuse = 0xffff, .page_bits = 16};
_Static_assert(sizeof description == 256, "esp_app_desc_t has 256 bytes");
