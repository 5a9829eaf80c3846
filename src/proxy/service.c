/* service: the scratch memory, the date and the request IDs of one worker.
 *
 * Everything here exists once per worker so that nothing on the path of a
 * request is locked or allocated: a text that every answer is written to and
 * nobody keeps, a Date that is rendered once a second, and a generator of IDs.
 * The IDs are xorshift128+ from a random seed: they need to be unique, so that
 * a log line can be found, and nothing is protected by them. */
#include "proxy/service.h"

#include <stdlib.h>
#include <sys/random.h>

#include "core/hex.h"
#include "core/http_date.h"
#include "io/clock.h"
#include "io/leaks.h"
#include "proxy/aftermath.h"

bool service_init(struct service *service, struct process *process) {
  *service = (struct service){.process = process, .config = process->config};
  blocks_init(&service->blocks, &process->budget);
  slab_init(&service->rooms, SERVICE_ROOM_BYTES);
  aftermath_slab_init(&service->aftermaths);
  service->date_second = -1;
  if (getrandom(service->id_state, sizeof service->id_state, 0) !=
      (ssize_t)sizeof service->id_state)
    return false;
  service->id_state[0] |= 1; /* all zeros would stay so */
  return true;
}

/* What was begun has ended, and was observed. */
static int64_t unobserved(const struct counters *counters) {
  int64_t left = (int64_t)counters->begun;
  for (unsigned i = 0; i < ATTEMPT_RESULTS; i++)
    left -= (int64_t)counters->attempts[i];
  return left;
}

void service_clear(struct service *service) {
  leaks_expect_none("attempts that nobody observed",
                    unobserved(&service->counters));
  free(service->answer_text.at);
  service->answer_text.at = NULL;
  blocks_clear(&service->blocks);
  slab_clear(&service->rooms);
  slab_clear(&service->aftermaths);
}

struct slice service_date_line(struct service *service) {
  struct text *line = &service->date_line;
  int64_t second = clock_wall_s();
  if (second != service->date_second) {
    text_init(line, service->date_bytes, sizeof service->date_bytes);
    text_str(line, "Date: ");
    http_date_write(line, second * 1000000);
    text_str(line, "\r\n");
    service->date_second = second;
  }
  return text_slice_of(line);
}

uint64_t service_random(struct service *service) {
  uint64_t *state = service->id_state, a = state[0], b = state[1];
  state[0] = b;
  a ^= a << 23;
  state[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
  return state[1] + b;
}

uint64_t service_span(struct service *service) {
  uint64_t span = service_random(service);
  return span != 0 ? span : 1;
}

/* Eight hex digits for the lower halves of eight bytes. */
static void write_hex(char out[8], uint64_t bytes) {
  uint64_t digits = hex_digits(bytes & UINT64_C(0x0f0f0f0f0f0f0f0f));
  memcpy(out, &digits, sizeof digits);
}

void service_make_id(struct service *service,
                     char id[SERVICE_REQUEST_ID_BYTES]) {
  for (unsigned half = 0; half < 2; half++, id += 16) {
    uint64_t number = service_random(service);
    write_hex(id, number);
    write_hex(id + 8, number >> 4);
  }
}
