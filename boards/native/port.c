/* Linux as a board: a link port is a TAP interface, the application port a TUN, the console standard input and output, the flash a file.
 *
 *     SIXFOLD_PORTS=tap0,tun0    the interfaces of ports 0, 1 … (made when they are not there; default sixfold0, sixfold1 …)
 *     SIXFOLD_FLASH=FILE         default: no file, records last as long as the program */
#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORTS = 4, FLASH_SIZE = FLASH_BLOCK * FLASH_BLOCKS };

static struct {
  int fd;
  char name[IFNAMSIZ];
} ports[PORTS];
static int control = -1;
static uint8_t flash[FLASH_SIZE];
static int flash_file = -1;
static struct timespec began;
static bool typed_end;

static void fail(const char *what) {
  fprintf(stderr, "native: %s: %s\n", what, strerror(errno));
  exit(2);
}
static void name_ports(void) {
  const char *names = getenv("SIXFOLD_PORTS");
  for (int i = 0; i < PORTS; i++) {
    ports[i].fd = -1;
    snprintf(ports[i].name, sizeof ports[i].name, "sixfold%d", i);
    if (!names || !*names) continue;
    size_t len = strcspn(names, ",");
    snprintf(ports[i].name, sizeof ports[i].name, "%.*s", (int)(len < IFNAMSIZ ? len : IFNAMSIZ - 1), names);
    names += len + (names[len] == ',');
  }
}
static void open_flash(void) {
  memset(flash, 0xff, sizeof flash);
  const char *path = getenv("SIXFOLD_FLASH");
  if (!path) return;
  flash_file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (flash_file < 0) fail(path);
  ssize_t n = pread(flash_file, flash, sizeof flash, 0);
  if (n < 0) fail(path);
  if ((size_t)n < sizeof flash && pwrite(flash_file, flash + n, sizeof flash - (size_t)n, n) < 0) fail(path);
}

void port_start(void) {
  clock_gettime(CLOCK_MONOTONIC, &began);
  control = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  name_ports();
  open_flash();
}
uint64_t port_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)((now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000);
}
bool port_entropy(uint8_t to[32]) { return getrandom(to, 32, 0) == 32; }
bool port_was_watchdog(void) { return false; }

bool port_open(uint32_t port, enum port_kind kind, bool given, uint8_t mac[6]) {
  if (port >= PORTS) return false;
  if (ports[port].fd >= 0) close(ports[port].fd);
  int fd = ports[port].fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) fail("/dev/net/tun");
  struct ifreq request = {.ifr_flags = (short)((kind == PORT_ETHER ? IFF_TAP : IFF_TUN) | IFF_NO_PI)};
  memcpy(request.ifr_name, ports[port].name, IFNAMSIZ);
  if (ioctl(fd, TUNSETIFF, &request)) fail(ports[port].name);
  if (ioctl(control, SIOCGIFFLAGS, &request)) fail(ports[port].name);
  request.ifr_flags |= IFF_UP;
  if (ioctl(control, SIOCSIFFLAGS, &request)) fail(ports[port].name);
  if (kind == PORT_ETHER && !given) {
    /* The interface's own address is the kernel's, at the other end of the wire: ours is next to it. */
    if (ioctl(fd, SIOCGIFHWADDR, &request)) fail(ports[port].name);
    memcpy(mac, request.ifr_hwaddr.sa_data, 6);
    mac[0] = (uint8_t)((mac[0] | 2) & ~1);
    mac[5] ^= 1;
  }
  return true;
}
bool port_up(uint32_t port) {
  struct ifreq request = {0};
  memcpy(request.ifr_name, ports[port].name, IFNAMSIZ);
  return ioctl(control, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP);
}
uint32_t port_receive(uint32_t port, uint8_t *to, uint32_t room) {
  uint8_t whole[2048];
  ssize_t n = read(ports[port].fd, whole, sizeof whole);
  if (n <= 0) return 0;
  memcpy(to, whole, (size_t)n < room ? (size_t)n : room);
  return (uint32_t)n;
}
bool port_send(uint32_t port, const uint8_t *frame, uint32_t len) {
  return write(ports[port].fd, frame, len) >= 0 || errno != EAGAIN;
}
struct port_faults port_faults(uint32_t port) {
  (void)port;
  return (struct port_faults){0, 0};
}

void port_write(const char *text, uint32_t len) {
  for (ssize_t n; len && (n = write(STDOUT_FILENO, text, len)) > 0; text += n) len -= (uint32_t)n;
}
int port_read(void) {
  struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
  uint8_t byte;
  if (typed_end || poll(&in, 1, 0) <= 0) return -1;
  if (read(STDIN_FILENO, &byte, 1) == 1) return byte;
  typed_end = true;
  return -1;
}

void port_flash_read(uint32_t at, void *to, uint32_t len) { memcpy(to, flash + at, len); }
static bool flash_keep(uint32_t at, uint32_t len) {
  return flash_file < 0 || (pwrite(flash_file, flash + at, len, at) == (ssize_t)len && fdatasync(flash_file) == 0);
}
bool port_flash_erase(uint32_t block) {
  memset(flash + block * FLASH_BLOCK, 0xff, FLASH_BLOCK);
  return flash_keep(block * FLASH_BLOCK, FLASH_BLOCK);
}
bool port_flash_program(uint32_t at, const void *from, uint32_t len) {
  for (uint32_t i = 0; i < len; i++) flash[at + i] &= ((const uint8_t *)from)[i];
  return flash_keep(at, len);
}

/* systemd watches over programs, if it is asked to. */
void port_watchdog(void) {}
void port_idle(uint64_t ms) {
  struct pollfd fds[PORTS + 1] = {{.fd = typed_end ? -1 : STDIN_FILENO, .events = POLLIN}};
  for (int i = 0; i < PORTS; i++) fds[i + 1] = (struct pollfd){.fd = ports[i].fd, .events = POLLIN};
  uint64_t now = port_now_ms();
  /* Carriers are looked at this often. */
  uint64_t wait = ms <= now ? 0 : ms - now < 100 ? ms - now : 100;
  poll(fds, PORTS + 1, (int)wait);
}
