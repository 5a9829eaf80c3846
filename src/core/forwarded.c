/* forwarded: writes X-Forwarded-For, -Proto and -Host.
 *
 * An upstream believes these fields: it logs by them, limits by them, makes
 * absolute URLs of them. So what a client says there counts only when the
 * client is a proxy that the operator trusts, and of every other one it is
 * dropped, under each spelling that an upstream may take for the same name.
 *
 * Members of X-Forwarded-For are cut at every comma. It has no quoted strings:
 * what reads it cuts it so, and a client that got a quote past a trusted proxy
 * must not be able to hide the members behind it.
 *
 * Whether a peer is trusted: core/cidr, asked by whoever knows the route. */
#include "core/forwarded.h"

static const char name_for[] = "X-Forwarded-For";
static const char name_proto[] = "X-Forwarded-Proto";
static const char name_host[] = "X-Forwarded-Host";

enum {
  /* Without a client's values: ": " and line ends, "https", an address. */
  OWN_BYTES = sizeof name_for + sizeof name_proto + sizeof name_host + 3 * 4 +
              5 + ADDRESS_TEXT_MAX,
};

static char folded(char c) {
  if (c >= 'A' && c <= 'Z') return (char)(c | 0x20);
  return c == '_' ? '-' : c;
}

static bool resembles(struct slice name, const char *other) {
  size_t len = strlen(other);
  if (name.len != len) return false;
  for (size_t i = 0; i < len; i++)
    if (folded(name.at[i]) != folded(other[i])) return false;
  return true;
}

bool forwarded_drops(struct slice name, bool trusted) {
  static const char prefix[] = "X-Forwarded-";
  struct slice head = {name.at, sizeof prefix - 1};
  if (trusted)
    return resembles(name, name_for) || resembles(name, name_proto) ||
           resembles(name, name_host);
  return (name.len >= head.len && resembles(head, prefix)) ||
         resembles(name, "Forwarded") || resembles(name, "X-Real-IP");
}

/* The value of the client's field i where it is `name` and may be believed. */
static struct slice believed(const struct http_request *request,
                             const struct forwarded_from *from, unsigned i,
                             const char *name) {
  const struct http_field *field = &request->fields[i];
  if (!from->trusted || !slice_equal_nocase(field->name, slice_of(name)) ||
      http_request_connection_names(request, field->name))
    return (struct slice){0};
  return field->value;
}

static struct slice first_believed(const struct http_request *request,
                                   const struct forwarded_from *from,
                                   const char *name) {
  struct slice value = {0};
  for (unsigned i = 0; i < request->field_count && value.len == 0; i++)
    value = believed(request, from, i, name);
  return value;
}

/* Members that are still to come, and their bytes with ", " behind each. */
struct left {
  unsigned members;
  size_t bytes;
};

static void count_members(struct left *left, struct slice list) {
  struct slice member;
  while (http_item_next(&list, &member)) {
    left->members++;
    left->bytes += member.len + 2;
  }
}

/* Leaves out those in front, as long as what is left is too much. One place
 * of the members is the peer's own. */
static void add_members(struct text *out, struct left *left,
                        struct slice list) {
  struct slice member;
  while (http_item_next(&list, &member)) {
    bool fits = left->members < FORWARDED_MEMBERS_MAX &&
                left->bytes <= FORWARDED_BYTES_MAX - ADDRESS_TEXT_MAX;
    left->members--;
    left->bytes -= member.len + 2;
    if (!fits) continue;
    text_put(out, member, ", ");
  }
}

static void add_for(struct text *out, const struct http_request *request,
                    const struct forwarded_from *from) {
  struct left left = {0};
  for (unsigned i = 0; i < request->field_count; i++)
    count_members(&left, believed(request, from, i, name_for));
  text_put(out, name_for, ": ");
  for (unsigned i = 0; i < request->field_count; i++)
    add_members(out, &left, believed(request, from, i, name_for));
  address_write(out, from->peer);
  text_str(out, "\r\n");
}

static void add_line(struct text *out, const char *name, struct slice theirs,
                     struct slice ours) {
  struct slice value = theirs.len > 0 ? theirs : ours;
  if (value.len > 0) text_put(out, name, ": ", value, "\r\n");
}

void forwarded_write(struct text *out, const struct http_request *request,
                     const struct forwarded_from *from) {
  if (from->fields & FORWARDED_FOR) add_for(out, request, from);
  if (from->fields & FORWARDED_PROTO)
    add_line(out, name_proto, first_believed(request, from, name_proto),
             slice_of(from->tls ? "https" : "http"));
  if (from->fields & FORWARDED_HOST)
    add_line(out, name_host, first_believed(request, from, name_host),
             request->host);
}

/* Each member that is kept is written with ", " behind it. */
size_t forwarded_room(const struct http_request *request,
                      const struct forwarded_from *from) {
  size_t room = OWN_BYTES + request->host.len;
  if (!from->trusted) return room;
  room += 2 * FORWARDED_MEMBERS_MAX;
  for (unsigned i = 0; i < request->field_count; i++)
    if (forwarded_drops(request->fields[i].name, true))
      room += request->fields[i].value.len;
  return room;
}
