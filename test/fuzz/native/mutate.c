/* Makes new sequences of steps (steps.h) out of old ones and of templates (FUZZ_TEMPLATES: steps, one behind the other): libFuzzer
 * alone would break the structure with nearly everything that it does. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "steps.h"

enum { STEPS_MAX = 48, TEMPLATES_MAX = 512, CHANGES_MAX = 4, ETHER = 14, IP6 = 40 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *to,
                                 size_t max_size, unsigned seed);

/* A step as it lies in an input: head[2], [3] are its length. */
struct piece {
  uint8_t head[STEP_HEADER];
  uint32_t len;
  uint8_t data[STEP_DATA_MAX];
};
static struct piece steps[STEPS_MAX], templates[TEMPLATES_MAX];
static uint32_t count, template_count;
static uint32_t state;

static uint32_t below(uint32_t n) {
  state ^= state << 13, state ^= state >> 17, state ^= state << 5;
  return n ? state % n : 0;
}

static uint32_t read_pieces(const uint8_t *data, size_t size, struct piece *to, uint32_t max) {
  const uint8_t *at = data, *end = data + size;
  uint32_t n = 0;
  while (n < max && end - at >= STEP_HEADER) {
    memcpy(to[n].head, at, STEP_HEADER);
    struct step step;
    if (!step_next(&at, end, &step)) break;
    to[n].len = step.len;
    memcpy(to[n].data, step.data, step.len);
    n++;
  }
  return n;
}
static size_t write_pieces(uint8_t *to, size_t max_size) {
  size_t size = 0;
  for (uint32_t i = 0; i < count && size + STEP_HEADER + steps[i].len <= max_size; i++) {
    steps[i].head[2] = (uint8_t)steps[i].len, steps[i].head[3] = (uint8_t)(steps[i].len >> 8);
    memcpy(to + size, steps[i].head, STEP_HEADER);
    memcpy(to + size + STEP_HEADER, steps[i].data, steps[i].len);
    size += STEP_HEADER + steps[i].len;
  }
  return size;
}
static void load_templates(void) {
  static bool loaded;
  const char *path = getenv("FUZZ_TEMPLATES");
  if (loaded || !path) return;
  loaded = true;
  static uint8_t bytes[1 << 18];
  FILE *file = fopen(path, "rb");
  if (!file) return;
  template_count = read_pieces(bytes, fread(bytes, 1, sizeof bytes, file), templates, TEMPLATES_MAX);
  fclose(file);
}

/* Makes room for a step; null: there are as many as may be. */
static struct piece *insert(uint32_t at) {
  if (count == STEPS_MAX) return NULL;
  memmove(steps + at + 1, steps + at, (count - at) * sizeof *steps);
  count++;
  return &steps[at];
}
static uint8_t any_time(void) {
  static const uint8_t often[] = {0, 1, 2, 3, 3, 4, 4, 5, 6, 7};
  return (uint8_t)(often[below(sizeof often)] | (below(8) ? 0 : STEP_OVERSLEPT));
}
/* Kinds but frames and messages, which come from templates: answers most of all. */
static void plain_step(struct piece *step) {
  static const uint8_t kinds[] = {STEP_ANSWER, STEP_ANSWER, STEP_ANSWER,    STEP_ANSWER,    STEP_ANSWER,    STEP_ECHO,
                                  STEP_LINK,   STEP_LINK,   STEP_POWER_CUT, STEP_SLOW_LINK, STEP_SLOW_FLASH};
  uint32_t kind = kinds[below(sizeof kinds)], argument = below(4);
  if (kind == STEP_LINK) argument = below(2) | below(2) << 2;
  step->head[0] = (uint8_t)(kind | argument << 4);
  step->head[1] = any_time();
  step->len = 0;
}

/* Values at which code decides. */
static uint32_t interesting(uint32_t was) {
  static const uint32_t values[] = {0, 1, 2, 4, 6, 8, 16, 17, 40, 58, 60, 64, 127, 128, 135, 255, 256, 1279, 1280, 1500, 32767, 32768, 65535};
  switch (below(5)) {
    case 0:
      return was + 1;
    case 1:
      return was - 1;
    case 2:
      return was ^ 1u << below(16);
    case 3:
      return below(65536);
    default:
      return values[below(sizeof values / sizeof *values)];
  }
}
/* A field of the frame: lengths, next headers, hop limits, types, option lengths lie at few places. */
static void change_field(struct piece *step) {
  static const uint8_t places[] = {4, 6, 7, 40, 41, 42, 43, 44, 46, 48, 50, 52, 54, 56, 64, 65, 66, 80, 81, 84, 88};
  if (step->len < 2) return;
  uint32_t at = below(2) ? ETHER + places[below(sizeof places)] : below(step->len);
  if (at + 2 > step->len) at = below(step->len - 1);
  uint8_t *p = step->data + at;
  if (below(2)) {
    *p = (uint8_t)interesting(*p);
    return;
  }
  uint32_t value = interesting((uint32_t)(p[0] << 8 | p[1]));
  p[0] = (uint8_t)(value >> 8), p[1] = (uint8_t)value;
}
/* An address of one frame takes the place of an address of another. */
static void change_address(struct piece *step) {
  static const uint8_t places[] = {8, 24, 48, 62, 64, 70, 72};
  const struct piece *from = template_count && below(2) ? &templates[below(template_count)] : &steps[below(count)];
  uint32_t source = ETHER + places[below(2)], target = ETHER + places[below(sizeof places)];
  if (from->len < source + 16 || step->len < target + 16) return;
  memmove(step->data + target, from->data + source, 16);
}
/* Bytes are left out, or doubled, and the IPv6 length follows: options come and go. */
static void resize(struct piece *step) {
  uint32_t n = 8 * (1 + below(4));
  if (step->len < ETHER + IP6 + n) return;
  uint32_t at = ETHER + IP6 + below(step->len - ETHER - IP6 - n + 1);
  uint8_t *payload = step->data + ETHER + 4;
  int change = -(int)n;
  if (below(2) && step->len + n <= STEP_DATA_MAX) {
    memmove(step->data + at + n, step->data + at, step->len - at);
    change = (int)n;
  } else memmove(step->data + at, step->data + at + n, step->len - at - n);
  step->len += (uint32_t)change;
  uint32_t length = (uint32_t)((payload[0] << 8 | payload[1]) + change);
  payload[0] = (uint8_t)(length >> 8), payload[1] = (uint8_t)length;
}
static void change_argument(struct piece *step) {
  uint32_t argument = step->head[0] >> 4;
  /* Checksums stay wrong now and then only: most such frames go no further. */
  if ((step->head[0] & 15) == STEP_FRAME) argument = below(2) | (below(32) ? 0 : 4);
  else argument = below(8);
  step->head[0] = (uint8_t)((step->head[0] & 15) | argument << 4);
}

static void change(void) {
  uint32_t at = below(count + 1);
  struct piece *fresh;
  if (count == 0 || below(8) == 0) {
    if (template_count == 0 || !(fresh = insert(at))) return;
    *fresh = templates[below(template_count)];
    fresh->head[1] = any_time();
    return;
  }
  struct piece *step = &steps[below(count)];
  switch (below(12)) {
    case 0:
    case 1:
      if ((fresh = insert(at))) plain_step(fresh);
      return;
    case 2: {
      uint32_t which = below(count);
      struct piece copy = steps[which];
      if ((fresh = insert(at))) *fresh = copy;
      return;
    }
    case 3: {
      uint32_t which = below(count);
      memmove(steps + which, steps + which + 1, (count - which - 1) * sizeof *steps);
      count--;
      return;
    }
    case 4: {
      struct piece *other = &steps[below(count)], copy = *step;
      *step = *other;
      *other = copy;
      return;
    }
    case 5:
      step->head[1] = any_time();
      return;
    case 6:
      return change_argument(step);
    case 7:
      return change_address(step);
    case 8:
      return resize(step);
    case 9:
      step->len = (uint32_t)LLVMFuzzerMutate(step->data, step->len, STEP_DATA_MAX);
      return;
    default:
      change_field(step);
  }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
  load_templates();
  state = seed * 2654435761u | 1;
  count = read_pieces(data, size, steps, STEPS_MAX);
  for (uint32_t n = 1 + below(CHANGES_MAX); n > 0; n--) change();
  return write_pieces(data, max_size);
}
/* The beginning of one and the end of the other. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *to,
                                 size_t max_size, unsigned seed) {
  static struct piece other[STEPS_MAX];
  state = seed * 2654435761u | 1;
  count = below(read_pieces(a, a_size, steps, STEPS_MAX) + 1);
  uint32_t others = read_pieces(b, b_size, other, STEPS_MAX);
  for (uint32_t i = below(others + 1); i < others && count < STEPS_MAX; i++) steps[count++] = other[i];
  return write_pieces(to, max_size);
}
