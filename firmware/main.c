/* The one main program of all boards: boots, tells who it is, turns the loop, and starts the core again after a trap. */
#include <setjmp.h>
#include <string.h>

#include "configuration.h"
#include "console.h"
#include "node.h"
#include "port.h"
#include "records.h"
#include "runtime.h"
#include "saved.h"
#include "stack.h"

/* Ids of the core have the highest bit clear. */
#define RECORD_COUNTERS 0x80000001u

enum {
  /* So many traps in so short a time, or starts by the watchdog in a row, and the core stays stopped. */
  TRAPS_MAX = 5,
  TRAPS_MS = 60000,
  WATCHDOGS_MAX = 3,
  /* Said again this often while stopped. */
  STOPPED_MS = 10000,
  /* A start is kept so much later: the flash may take a while, and the node has to find its network first. */
  KEEP_MS = 2000,
  /* With nothing due for so long, the flash is made ready for what comes. */
  QUIET_MS = 200,
};

/* Kept over power cuts. */
static struct {
  uint32_t starts, traps, watchdogs;
  /* Starts by the watchdog since the board last ran well for TRAPS_MS. */
  uint32_t in_a_row;
} counters;

static bool start_kept;

static jmp_buf recovery;
static const char *trap_reason;
static uint64_t trap_times[TRAPS_MAX]; /* the last ones; 0 = none */
static const char *stopped;            /* why the core is stopped; 0 = it runs */

void runtime_trapped(const char *reason) {
  trap_reason = reason;
  longjmp(recovery, 1);
}

static void keep_counters(void) {
  start_kept = true;
  if (!records_put(RECORD_COUNTERS, &counters, sizeof counters)) say_line("records: the counters were not kept");
}
static void trapped(void) {
  uint64_t now = port_now_ms() + 1;
  counters.traps++;
  say("trap ");
  say_number(counters.traps);
  say(": ");
  say(trap_reason);
  say(" at ");
  say_address(runtime_trap_at);
  say_line("");
  keep_counters();
  memmove(trap_times + 1, trap_times, sizeof trap_times - sizeof *trap_times);
  trap_times[0] = now;
  uint64_t oldest = trap_times[TRAPS_MAX - 1];
  if (oldest && now - oldest < TRAPS_MS) stopped = "too many traps";
}

static void banner(void) {
  say("Sixfold on ");
  say(BOARD_NAME);
  say(", image ");
  say_line(manifest.image);
  say("sha256 ");
  say_hex(manifest.hash, sizeof manifest.hash);
  say_line("");
  say("start ");
  say_number(counters.starts);
  say(", traps ");
  say_number(counters.traps);
  say(", watchdog ");
  say_number(counters.watchdogs);
  say(", record ");
  say_number(records_sequence());
  say_line("");
}
static void count_start(void) {
  records_open();
  records_get(RECORD_COUNTERS, &counters, sizeof counters);
  counters.starts++;
  if (port_was_watchdog()) {
    counters.watchdogs++;
    counters.in_a_row++;
    /* Before the core can hang again. */
    keep_counters();
  } else counters.in_a_row = 0;
  if (counters.in_a_row >= WATCHDOGS_MAX) stopped = "the core hung at each start";
}

static void status(void) {
  say("up ");
  say_number((uint32_t)(port_now_ms() / 1000));
  say(" s, stack ");
  say_number(stack_used());
  say(" of ");
  say_number(stack_size());
  say(", ");
  say_line(stopped ? stopped : "running");
  banner();
  if (!stopped) node_status();
  say_line("end of status");
}
/* Messages of assembly/abi/message.ts in hexadecimal. */
static void configure(char *hex) {
  uint8_t *messages = (uint8_t *)hex;
  int32_t len = unhex(hex, messages, UINT32_MAX);
  if (len < 0) say_line("configure: expected messages in hexadecimal digits");
  else node_configure(messages, (uint32_t)len);
}
static void command(char *line) {
  if (strcmp(line, "status") == 0) status();
  else if (strcmp(line, "restart") == 0) {
    memset(trap_times, 0, sizeof trap_times);
    counters.in_a_row = 0;
    stopped = 0;
    node_start();
  } else if (strncmp(line, "configure ", 10) == 0 && !stopped) configure(line + 10);
  else if (strncmp(line, "save ", 5) == 0) saved_command(line + 5);
  else if (strcmp(line, "forget") == 0) saved_forget();
  else say_line("commands: status, restart, configure MESSAGES, save begin HASH, save MESSAGES, save end CRC, forget");
}

/* The core is stopped: says so, and listens. */
static uint64_t say_stopped(void) {
  static uint64_t next;
  uint64_t now = port_now_ms();
  if (now >= next) {
    say("stopped: ");
    say(stopped);
    say_line("; \"restart\" starts the core again");
    next = now + STOPPED_MS;
  }
  return next;
}
static uint64_t turn(void) {
  char *line = console_line();
  if (line) command(line);
  if (stopped) return say_stopped();
  uint64_t next = node_turn();
  if (!start_kept) {
    if (port_now_ms() >= KEEP_MS) keep_counters();
    else if (next > KEEP_MS) next = KEEP_MS;
  } else if (next >= port_now_ms() + QUIET_MS) records_prepare();
  if (counters.in_a_row && port_now_ms() >= TRAPS_MS) {
    counters.in_a_row = 0;
    keep_counters();
  }
  return next;
}

int main(void) {
  stack_paint();
  port_start();
  count_start();
  banner();
  if (setjmp(recovery)) trapped();
  if (!stopped) node_start();
  for (;;) {
    port_watchdog();
    uint64_t next = turn();
    if (next > port_now_ms()) port_idle(next);
  }
}
