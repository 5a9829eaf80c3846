/* scene: three origins, hedgerow with a file in front of them, and a client. */
#ifndef HEDGEROW_TESTS_SUPPORT_SCENE_H
#define HEDGEROW_TESTS_SUPPORT_SCENE_H

#include "support/client.h"
#include "support/origin.h"
#include "support/program.h"

struct scene {
  struct origin *a, *b, *c;
  struct program *program;
  struct client *client;
};

/* Starts hedgerow with a file of that text, in which $A, $B and $C stand for
 * the URLs of the origins. Files that it names are written before, by
 * support/folder: they lie beside it. The suite removes the folder. */
struct scene scene_open(const char *yaml);
/* The same before origins that the caller made. */
struct scene scene_open_on(struct origin *a, struct origin *b, struct origin *c,
                           const char *yaml);
/* Puts another text into the file, and tells nobody. */
void scene_write(const struct scene *scene, const char *yaml);
/* The same, and then SIGHUP, upon which hedgerow says this. */
void scene_reload(const struct scene *scene, const char *yaml,
                  const char *notice);
/* Client first; asserts that the program ends with status 0. */
void scene_close(struct scene *scene);

/* The client sends a request with these fields (lines with CRLFs, or "") and a
 * body, whose Content-Length is added; NULL: none. */
void scene_send(const struct scene *scene, const char *method,
                const char *target, const char *fields, const char *body);
/* GET target comes to this origin. */
struct arrival *scene_ask(const struct scene *scene, struct origin *origin,
                          const char *target);
/* The arrival is answered with this JSON, and so is the client. */
const struct reply *scene_serve(const struct scene *scene,
                                struct arrival *arrival, int status,
                                const char *body);
/* GET target comes to this origin with this request line, is answered, and the
 * client has the answer. */
void scene_expect(const struct scene *scene, struct origin *origin,
                  const char *target, const char *line);
/* GET target is a problem, and reaches nobody. */
void scene_expect_problem(const struct scene *scene, const char *target,
                          int status);
/* Nothing came that the script has not taken. */
void scene_expect_silence(const struct scene *scene);

#endif
