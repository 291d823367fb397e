/* The virt machine as a board. Its ports are virtio network devices: the nth is port n, IP ports carry packets without a link header.
 *
 * Time is the machine's own, or, when the first device's address begins with 02:4c:53, a simulation's: then the board asks for each
 * step of time with a control frame on every device, and gets with its answer whatever came until then (host-sim/boards/lockstep.ts):
 *
 *     0 zeros   12 0x88b5   14 kind (u8)   15 carrier (u8)   16 ms (u64, little-endian)   24 console bytes (u32)
 *    28 entropy (32), or the times that the board has had (u32)   60 console bytes typed */
#include "port.h"

#include <string.h>

#include "virtio.h"

#define REG8(at) (*(volatile uint8_t *)(at))
#define REG32(at) (*(volatile uint32_t *)(at))

enum {
  UART = 0x10000000, UART_ENABLE = UART + 1, UART_STATUS = UART + 5, RECEIVED = 1, EMPTY = 0x20,
  MTIMECMP = 0x02004000, MTIME = 0x0200bff8, TICKS_PER_MS = 10000,
  TEST_DEVICE = 0x00100000, RESET = 0x7777,
  RECORDS = 0x22000000, /* the second flash */
  CONTROL_TYPE = 0x88b5, CONTROL_SIZE = 60, HELLO_MS = 10,
};
enum control { TIME = 1, CARRIER = 2, IDLE = 3, TYPED = 4 };

/* Survives a reset, not a start. */
static uint32_t reset_mark __attribute__((section(".noinit")));
enum { RESET_MARK = 0x57617463 };
static bool by_watchdog;

static uint32_t devices;
static bool lockstep;
static bool up[VIRTIO_DEVICES];
static uint64_t host_ms;
static uint8_t host_entropy[32];
static uint32_t written;
static uint32_t times;
static struct {
  uint8_t bytes[1024];
  uint32_t read, write;
} typed;
/* Frames at the head of a queue that belong to the time that is. */
static uint32_t present[VIRTIO_DEVICES];
static bool asked, answered[VIRTIO_DEVICES];
/* A carrier changed: the main loop must see it before anything that came later. */
static bool changed;

static uint64_t machine_ms(void) {
  uint32_t high, low;
  do {
    high = REG32(MTIME + 4);
    low = REG32(MTIME);
  } while (high != REG32(MTIME + 4));
  return ((uint64_t)high << 32 | low) / TICKS_PER_MS;
}
static void wake_at(uint64_t ticks) {
  REG32(MTIMECMP) = 0xffffffff;
  REG32(MTIMECMP + 4) = (uint32_t)(ticks >> 32);
  REG32(MTIMECMP) = (uint32_t)ticks;
}
/* Interrupts stay off: a pending one ends the wait all the same. */
static void wait_for_interrupt(void) { __asm__ volatile(".option push\n.option arch, +zicsr\nwfi\n.option pop"); }

static bool is_control(const uint8_t *frame, uint32_t len) {
  static const uint8_t head[14] = {[12] = CONTROL_TYPE >> 8, [13] = CONTROL_TYPE & 255};
  return len >= CONTROL_SIZE && memcmp(frame, head, sizeof head) == 0;
}
static void type(const uint8_t *frame, uint32_t len) {
  uint32_t count;
  memcpy(&count, frame + 24, sizeof count);
  for (uint32_t i = 0; i < count && CONTROL_SIZE + i < len; i++) {
    typed.bytes[typed.write++ % sizeof typed.bytes] = frame[CONTROL_SIZE + i];
  }
}
/* Looks through what came since the last look; true once the device has the next time. */
static bool hear(uint32_t device) {
  const uint8_t *frame;
  for (uint32_t len; !answered[device] && !changed && (len = virtio_peek(device, present[device], &frame)) != 0;) {
    present[device]++;
    if (!is_control(frame, len)) continue;
    if (frame[14] == CARRIER) {
      changed = frame[15] != up[device];
      up[device] = frame[15];
    }
    if (frame[14] == TYPED) type(frame, len);
    if (frame[14] != TIME) continue;
    answered[device] = true;
    memcpy(&host_ms, frame + 16, sizeof host_ms);
    memcpy(host_entropy, frame + 28, sizeof host_entropy);
  }
  return answered[device];
}
static void ask_time(uint64_t until) {
  uint8_t frame[CONTROL_SIZE] = {[12] = CONTROL_TYPE >> 8, [13] = CONTROL_TYPE & 255, [14] = IDLE};
  memcpy(frame + 16, &until, sizeof until);
  memcpy(frame + 24, &written, sizeof written);
  memcpy(frame + 28, &times, sizeof times);
  for (uint32_t i = 0; i < devices; i++) {
    while (!virtio_send(i, frame, sizeof frame)) {
    }
  }
  asked = true;
}

/* Waits for the simulation's next time. Returns without it when a queue is full of frames, which must be taken first, and at each
 * change of a carrier. */
static void take_time(void) {
  uint64_t again = 0;
  changed = false;
  for (;;) {
    /* Cleared before the look: what comes after it ends the wait. */
    virtio_interrupts();
    bool all = true;
    for (uint32_t i = 0; i < devices; i++) {
      all &= hear(i);
      if (!answered[i] && present[i] == virtio_room()) return;
    }
    if (changed && times) return;
    if (all) break;
    wait_for_interrupt();
    /* Until the sockets behind the devices are connected, what is said is lost. */
    if (times == 0 && machine_ms() >= again) {
      ask_time(0);
      again = machine_ms() + HELLO_MS;
      wake_at(again * TICKS_PER_MS);
    }
  }
  memset(answered, 0, sizeof answered);
  asked = false;
  times++;
}
void port_start(void) {
  by_watchdog = reset_mark == RESET_MARK;
  reset_mark = 0;
  REG8(UART_ENABLE) = 1;
  wake_at(UINT64_MAX);
  devices = virtio_start();
  virtio_interrupts();
  uint32_t wake = 1u << 11 | 1u << 7; /* external, timer */
  __asm__ volatile(".option push\n.option arch, +zicsr\ncsrw mie, %0\n.option pop" ::"r"(wake));
  uint8_t mac[6] = {0};
  if (devices) virtio_mac(0, mac);
  lockstep = mac[0] == 0x02 && mac[1] == 0x4c && mac[2] == 0x53;
  for (uint32_t i = 0; i < devices; i++) up[i] = true;
  if (lockstep) {
    wake_at(0);
    take_time();
    wake_at(UINT64_MAX);
  }
}
uint64_t port_now_ms(void) { return lockstep ? host_ms : machine_ms(); }
bool port_entropy(uint8_t to[32]) {
  if (!lockstep) {
    uint32_t low = REG32(MTIME);
    for (uint32_t i = 0; i < 32; i++) {
      low = low * 1664525 + 1013904223;
      to[i] = (uint8_t)(low >> 24);
    }
    return false;
  }
  memcpy(to, host_entropy, 32);
  host_entropy[0]++;
  return true;
}
bool port_was_watchdog(void) { return by_watchdog; }

bool port_open(uint32_t port, enum port_kind kind, bool given, uint8_t mac[6]) {
  if (port >= devices) return false;
  if (kind == PORT_ETHER && !given) virtio_mac(port, mac);
  return true;
}
bool port_up(uint32_t port) { return up[port]; }
uint32_t port_receive(uint32_t port, uint8_t *to, uint32_t room) {
  const uint8_t *frame;
  for (uint32_t len; (!lockstep || present[port]) && (len = virtio_peek(port, 0, &frame)) != 0;) {
    if (lockstep) present[port]--;
    bool control = lockstep && is_control(frame, len);
    if (!control) memcpy(to, frame, len < room ? len : room);
    virtio_drop(port);
    if (!control) return len;
  }
  return 0;
}
bool port_send(uint32_t port, const uint8_t *frame, uint32_t len) {
  return len > VIRTIO_FRAME_MAX || virtio_send(port, frame, len);
}
struct port_faults port_faults(uint32_t port) {
  (void)port;
  return (struct port_faults){0, 0};
}

void port_write(const char *text, uint32_t len) {
  written += len;
  while (len--) {
    while (!(REG8(UART_STATUS) & EMPTY)) {
    }
    REG8(UART) = (uint8_t)*text++;
  }
}
int port_read(void) {
  if (typed.read != typed.write) return typed.bytes[typed.read++ % sizeof typed.bytes];
  return REG8(UART_STATUS) & RECEIVED ? REG8(UART) : -1;
}

/* Two 16-bit chips side by side with Intel's command set: a command goes to both, a word is half of each. */
static void flash_command(uint32_t at, uint32_t command) { REG32(RECORDS + at) = command << 16 | command; }
enum { PROGRAM = 0x40, ERASE = 0x20, CONFIRM = 0xd0, READ = 0xff, CLEAR = 0x50, FAILED = 0x30 };
static bool flash_done(uint32_t at) {
  bool failed = REG32(RECORDS + at) & (FAILED << 16 | FAILED);
  flash_command(at, CLEAR);
  flash_command(at, READ);
  return !failed;
}
void port_flash_read(uint32_t at, void *to, uint32_t len) { memcpy(to, (const uint8_t *)RECORDS + at, len); }
bool port_flash_erase(uint32_t block) {
  flash_command(block * FLASH_BLOCK, ERASE);
  flash_command(block * FLASH_BLOCK, CONFIRM);
  return flash_done(block * FLASH_BLOCK);
}
bool port_flash_program(uint32_t at, const void *from, uint32_t len) {
  for (uint32_t i = 0; i < len; i += 4) {
    uint32_t word;
    memcpy(&word, (const uint8_t *)from + i, 4);
    flash_command(at + i, PROGRAM);
    REG32(RECORDS + at + i) = word;
    if (!flash_done(at + i)) return false;
  }
  return true;
}

/* The machine has no watchdog. */
void port_watchdog(void) {}
void port_idle(uint64_t ms) {
  if (lockstep) {
    if (!asked) ask_time(ms);
    take_time();
    return;
  }
  virtio_interrupts();
  const uint8_t *frame;
  for (uint32_t i = 0; i < devices; i++) {
    if (virtio_peek(i, 0, &frame)) return;
  }
  /* The console is looked at this often. */
  uint64_t soon = machine_ms() + 20;
  wake_at((ms < soon ? ms : soon) * TICKS_PER_MS);
  wait_for_interrupt();
}

/* From start.S: an exception of the processor. The machine starts again, which counts as the watchdog's work. */
void port_exception(uint32_t cause, uint32_t at);
void port_exception(uint32_t cause, uint32_t at) {
  static const char digits[] = "0123456789abcdef";
  char text[] = "exception 0 at 00000000\n";
  text[10] = digits[cause & 15];
  for (int i = 0; i < 8; i++) text[15 + i] = digits[at >> (28 - 4 * i) & 15];
  port_write(text, sizeof text - 1);
  reset_mark = RESET_MARK;
  REG32(TEST_DEVICE) = RESET;
}
