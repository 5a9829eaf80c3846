/* service: the scratch memory, the date and the request IDs of one worker.
 *
 * Everything here exists once per worker so that nothing on the path of a
 * request is locked or allocated: two texts that every request writes to and
 * nobody keeps, a Date that is rendered once a second, and a generator of IDs.
 * The IDs are xorshift128+ from a random seed: they need to be unique, so that
 * a log line can be found, and nothing is protected by them. */
#include "proxy/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "core/answer_date.h"
#include "io/clock.h"

#define VERSION_FIELD "hedgerow/" HEDGEROW_VERSION

enum { ROOM_BYTES = 64 * 1024 }; /* for what hedgerow adds of its own */

static size_t answer_room(const struct config *config) {
  return 2 * ROOM_BYTES + (size_t)config->max_upstream_head_bytes +
         (size_t)config->max_head_bytes;
}

static bool text_new(struct text *text, size_t room) {
  char *storage = malloc(room);
  if (storage) text_init(text, storage, room);
  return storage != NULL;
}

bool service_init(struct service *service, struct process *process) {
  const struct config *config = process->config;
  *service = (struct service){.process = process, .config = config};
  service->forward = (struct forward_rules){
      .headers = config->headers,
      .header_count = config->header_count,
      .drop = config->drop_headers,
      .drop_count = config->drop_header_count,
      .user_agent = config->user_agent,
      .version = slice_of(VERSION_FIELD),
      .via = slice_of(process->via),
  };
  blocks_init(&service->blocks, &process->budget);
  slab_init(&service->rooms, SERVICE_ROOM_BYTES);
  service->date_second = -1;
  if (getrandom(service->id_state, sizeof service->id_state, 0) !=
      (ssize_t)sizeof service->id_state)
    return false;
  service->id_state[0] |= 1; /* all zeros would stay so */
  if (text_new(&service->answer_text, answer_room(config))) return true;
  service_clear(service);
  return false;
}

void service_clear(struct service *service) {
  free(service->answer_text.at);
  service->answer_text.at = NULL;
  blocks_clear(&service->blocks);
  slab_clear(&service->rooms);
}

struct slice service_date(struct service *service) {
  int64_t wall_us = clock_wall_us();
  if (wall_us / 1000000 != service->date_second) {
    struct text text;
    text_init(&text, service->date, sizeof service->date);
    answer_date(&text, wall_us);
    text_end(&text);
    service->date_second = wall_us / 1000000;
  }
  return slice_of(service->date);
}

static uint64_t next_random(uint64_t state[2]) {
  uint64_t a = state[0], b = state[1];
  state[0] = b;
  a ^= a << 23;
  state[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
  return state[1] + b;
}

/* Eight hex digits for the lower halves of eight bytes. */
static void write_hex(char out[8], uint64_t bytes) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  uint64_t digits = bytes & ones * 0x0f;
  uint64_t letters = (digits + ones * 6) >> 4 & ones; /* 1 where above 9 */
  digits += ones * '0' + letters * ('a' - '0' - 10);
  memcpy(out, &digits, sizeof digits);
}

void service_make_id(struct service *service,
                     char id[SERVICE_REQUEST_ID_BYTES]) {
  for (unsigned half = 0; half < 2; half++, id += 16) {
    uint64_t number = next_random(service->id_state);
    write_hex(id, number);
    write_hex(id + 8, number >> 4);
  }
}

static bool has_client_credentials(const struct config *config,
                                   const struct base_url *url) {
  for (unsigned i = 0; i < config->to_count; i++)
    if (base_url_same_origin(url, &config->targets[i])) return true;
  return false;
}

bool process_make_groups(struct process *process) {
  const struct config *config = process->config;
  struct target_limits limits = {
      .head_bytes = (size_t)config->max_upstream_head_bytes,
      .body_bytes = (uint64_t)config->max_body_bytes,
      .depth = (unsigned)config->max_depth,
      .connect_timeout_us = config->connect_timeout_us,
      .read_losers = config->losers == CONFIG_LOSERS_DRAIN,
  };
  for (unsigned i = 0; i < config->to_count + config->all_count; i++) {
    const struct base_url *url = &config->targets[i];
    char *line = NULL;
    int len = asprintf(&line, " HTTP/1.1\r\nHost: %.*s\r\n",
                       SLICE_ARG(url->authority));
    if (len < 0) return false;
    process->targets[i] = (struct target){
        *url, i, i, {line, (size_t)len}, has_client_credentials(config, url)};
    process->alone[i] =
        (struct group){&process->targets[i], 1, config->max_attempts, limits};
  }
  process->to = (struct group){process->targets, config->to_count,
                               config->max_attempts, limits};
  return true;
}
