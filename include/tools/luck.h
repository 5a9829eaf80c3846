/* luck: numbers that look drawn, and are the same each time. */
#ifndef HEDGEROW_TOOLS_LUCK_H
#define HEDGEROW_TOOLS_LUCK_H

#include <math.h>
#include <stdint.h>

/* Splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
 * generators", 2014). */
struct luck {
  uint64_t state;
};

static inline uint64_t luck_next(struct luck *luck) {
  uint64_t z = (luck->state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* In (0, 1). */
static inline double luck_share(struct luck *luck) {
  return ((double)(luck_next(luck) >> 11) + 0.5) / 9007199254740992.0;
}

/* Normal, mean 0, deviation 1 (Box and Muller). */
static inline double luck_normal(struct luck *luck) {
  double radius = sqrt(-2 * log(luck_share(luck)));
  return radius * cos(6.283185307179586 * luck_share(luck));
}

/* The luck of one thing, which no other thing's depends on. */
static inline struct luck luck_of(uint64_t seed, uint64_t number,
                                  uint64_t part) {
  struct luck luck = {seed * 0x2545f4914f6cdd1du + number};
  luck.state = luck_next(&luck) + part;
  luck.state = luck_next(&luck);
  return luck;
}

#endif
