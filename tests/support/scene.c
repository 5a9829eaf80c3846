/* scene: what tests of a file stand on, so that each of them is its file and
 * its script. */
#include "support/scene.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "support/folder.h"

enum { YAML_MAX = 64 * 1024 };

static const char file_name[] = "hedgerow.yaml";

static const char *url_of(const struct scene *scene, char letter) {
  if (letter == 'A') return scene->a->url;
  if (letter == 'B') return scene->b->url;
  return letter == 'C' ? scene->c->url : NULL;
}

static const char *write_file(const struct scene *scene, const char *yaml) {
  static char bytes[YAML_MAX];
  struct text text;
  text_init(&text, bytes, sizeof bytes);
  for (; *yaml != '\0'; yaml++) {
    const char *url = *yaml == '$' ? url_of(scene, yaml[1]) : NULL;
    if (url) text_str(&text, url);
    else text_char(&text, *yaml);
    if (url) yaml++;
  }
  return folder_write(file_name, text_end(&text));
}

void scene_write(const struct scene *scene, const char *yaml) {
  write_file(scene, yaml);
}

void scene_reload(const struct scene *scene, const char *yaml,
                  const char *notice) {
  scene_write(scene, yaml);
  program_reload(scene->program, notice);
}

struct scene scene_open_on(struct origin *a, struct origin *b, struct origin *c,
                           const char *yaml) {
  struct scene scene = {.a = a, .b = b, .c = c};
  const char *path = write_file(&scene, yaml);
  scene.program = program_start("--config", path, "--log", "json");
  scene.client = client_new(scene.program->port);
  return scene;
}

struct scene scene_open(const char *yaml) {
  return scene_open_on(origin_new(), origin_new(), origin_new(), yaml);
}

void scene_close(struct scene *scene) {
  client_free(scene->client);
  program_free(scene->program);
  origin_free(scene->a);
  origin_free(scene->b);
  origin_free(scene->c);
}

void scene_send(const struct scene *scene, const char *method,
                const char *target, const char *fields, const char *body) {
  char head[4096], length[64] = "";
  if (body)
    snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(body));
  snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: h\r\n%s%s\r\n", method,
           target, fields, length);
  client_send(scene->client, head);
  if (body) client_send(scene->client, body);
}

struct arrival *scene_ask(const struct scene *scene, struct origin *origin,
                          const char *target) {
  client_get(scene->client, target);
  return origin_await(origin);
}

const struct reply *scene_serve(const struct scene *scene,
                                struct arrival *arrival, int status,
                                const char *body) {
  arrival_answer_json(arrival, status, body);
  return client_expect(scene->client, status, body);
}

void scene_expect(const struct scene *scene, struct origin *origin,
                  const char *target, const char *line) {
  struct arrival *arrival = scene_ask(scene, origin, target);
  arrival_expect_line(arrival, line);
  scene_serve(scene, arrival, 200, "1");
}

void scene_expect_problem(const struct scene *scene, const char *target,
                          int status) {
  client_get(scene->client, target);
  client_expect_problem(scene->client, status);
  scene_expect_silence(scene);
}

void scene_expect_silence(const struct scene *scene) {
  origin_expect_no_arrival(scene->a);
  origin_expect_no_arrival(scene->b);
  origin_expect_no_arrival(scene->c);
}
