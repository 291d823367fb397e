/* See saved.h. The bytes lie in records of two places that are used in turn; one more record, which is written last, says in which,
 * how many, and for which image. */
#include "saved.h"

#include <stdbool.h>
#include <string.h>

#include "configuration.h"
#include "console.h"
#include "crc32.h"
#include "records.h"

/* Ids of the core have the highest bit clear; 0x80000001 are the counters (main.c). */
#define RECORD_SAVED 0x80000002u
#define RECORD_PART 0x80000010u

enum { PARTS = (SAVED_MAX + RECORD_MAX - 1) / RECORD_MAX, MESSAGE_MAX = 1536 };

static struct saved {
  uint32_t place, length, crc;
  uint8_t hash[32];
} saved;

/* What was read, or what comes in at the console. */
static uint8_t bytes[SAVED_MAX];
static uint32_t filled;
static bool begun;

static uint32_t part_id(uint32_t place, uint32_t part) { return RECORD_PART + place * PARTS + part; }
static uint32_t part_length(uint32_t length, uint32_t part) {
  uint32_t left = length - part * RECORD_MAX;
  return left < RECORD_MAX ? left : RECORD_MAX;
}
static bool read_saved(void) { return records_get(RECORD_SAVED, &saved, sizeof saved) == sizeof saved; }
static bool read_parts(void) {
  if (saved.length > SAVED_MAX) return false;
  for (uint32_t part = 0; part * RECORD_MAX < saved.length; part++) {
    uint32_t length = part_length(saved.length, part);
    if (records_get(part_id(saved.place, part), bytes + part * RECORD_MAX, length) != length) return false;
  }
  return crc32(0, bytes, saved.length) == saved.crc;
}

static struct messages told(const char *which, struct messages messages) {
  say("configuration: ");
  say(which);
  say(", ");
  say_number(messages.length);
  say_line(" bytes");
  return messages;
}
struct messages saved_or_built_in(void) {
  const struct messages built_in = {manifest.messages, manifest.length};
  begun = false;
  if (!read_saved()) return told("built in", built_in);
  if (memcmp(saved.hash, manifest.hash, sizeof saved.hash) != 0) return told("built in; the saved one is another image's", built_in);
  if (!read_parts()) return told("built in; the saved one is damaged", built_in);
  return told("saved", (struct messages){bytes, saved.length});
}

/* Do messages follow one another up to the end, none longer than the core's buffer for them? */
static bool well_formed(void) {
  uint32_t at = 0;
  for (uint32_t size; at + 4 <= filled; at += size) {
    size = 4 + (((bytes[at + 2] | (uint32_t)bytes[at + 3] << 8) + 3) & ~3u);
    if (size > MESSAGE_MAX) return false;
  }
  return filled != 0 && at == filled;
}
static void forget_parts(uint32_t place) {
  for (uint32_t part = 0; part < PARTS; part++) {
    uint32_t id = part_id(place, part);
    if (records_get(id, 0, 0)) records_put(id, 0, 0);
  }
}
static bool keep(void) {
  uint32_t old = read_saved() ? saved.place : 1, place = old ^ 1;
  for (uint32_t part = 0; part * RECORD_MAX < filled; part++) {
    if (!records_put(part_id(place, part), bytes + part * RECORD_MAX, part_length(filled, part))) return false;
  }
  saved = (struct saved){.place = place, .length = filled, .crc = crc32(0, bytes, filled)};
  memcpy(saved.hash, manifest.hash, sizeof saved.hash);
  if (!records_put(RECORD_SAVED, &saved, sizeof saved)) return false;
  forget_parts(old);
  return true;
}

static void refuse(const char *why) {
  begun = false;
  say("save: ");
  say(why);
  say_line("; nothing is saved");
}
/* Four bytes, big-endian. */
static bool number(const char *hex, uint32_t *value) {
  uint8_t digits[4];
  if (unhex(hex, digits, sizeof digits) != sizeof digits) return false;
  *value = (uint32_t)digits[0] << 24 | digits[1] << 16 | digits[2] << 8 | digits[3];
  return true;
}
static void begin(const char *hex) {
  uint8_t hash[4];
  if (unhex(hex, hash, sizeof hash) != sizeof hash || memcmp(hash, manifest.hash, sizeof hash) != 0) {
    refuse("it is another image's");
    return;
  }
  begun = true;
  filled = 0;
}
static void end(const char *hex) {
  uint32_t crc;
  if (!number(hex, &crc) || crc != crc32(0, bytes, filled)) refuse("the bytes that came are not those that were sent");
  else if (!well_formed()) refuse("these are no messages");
  else if (!keep()) refuse("the flash took no more");
  else {
    begun = false;
    say("saved: ");
    say_number(filled);
    say_line(" bytes; \"restart\" starts the core with them");
  }
}
void saved_command(const char *rest) {
  if (strncmp(rest, "begin ", 6) == 0) {
    begin(rest + 6);
    return;
  }
  if (!begun) {
    refuse("it starts with \"save begin HASH\"");
    return;
  }
  if (strncmp(rest, "end ", 4) == 0) {
    end(rest + 4);
    return;
  }
  int32_t more = unhex(rest, bytes + filled, SAVED_MAX - filled);
  if (more == UNHEX_TOO_LONG) {
    begun = false;
    say("save: more than ");
    say_number(SAVED_MAX);
    say_line(" bytes; nothing is saved");
  } else if (more < 0) refuse("expected hexadecimal digits");
  else filled += (uint32_t)more;
}
void saved_forget(void) {
  bool done = !read_saved() || records_put(RECORD_SAVED, 0, 0);
  if (done) {
    forget_parts(0);
    forget_parts(1);
  }
  say_line(done ? "forgotten: from the next start on the firmware's own configuration holds" : "forget: the flash took no more");
}
