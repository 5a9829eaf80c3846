/* answer_date: a moment in the two forms that hedgerow writes.
 *
 * gmtime() and strftime() would do, but core/ calls nothing that knows of
 * clocks, zones or locales, and names of days in another language would make a
 * Date field wrong. The Gregorian calendar is short enough to be said here.
 *
 * The year is guessed from below by years of 366 days, and counted up from
 * there: once or twice in this century, never more than a few times in the next
 * ones. Leap seconds do not exist here, as they do not in POSIX time. */
#include "core/answer_date.h"

/* A moment by the Gregorian calendar, UTC. */
struct moment {
  int year, month, day; /* month 0 .. 11, day 1 .. 31 */
  int weekday;          /* 0: Sunday */
  int hour, minute, second, ms;
};

static bool is_leap(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970-01-01 to January 1 of that year: 477 leap days went before. */
static int64_t days_before(int64_t year) {
  int64_t y = year - 1;
  return 365 * (year - 1970) + y / 4 - y / 100 + y / 400 - 477;
}

static void set_day(struct moment *moment, int64_t days) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  moment->weekday = (int)((days + 4) % 7); /* 1970 began on a Thursday */
  int64_t year = 1970 + days / 366;
  while (days >= days_before(year + 1)) year++;
  int rest = (int)(days - days_before(year)), month = 0;
  for (;; month++) {
    int length = lengths[month] + (month == 1 && is_leap(year));
    if (rest < length) break;
    rest -= length;
  }
  moment->year = (int)year;
  moment->month = month;
  moment->day = rest + 1;
}

static struct moment moment_of(int64_t wall_us) {
  struct moment moment;
  int64_t ms = wall_us < 0 ? 0 : wall_us / 1000;
  set_day(&moment, ms / 86400000);
  int of_day = (int)(ms % 86400000);
  moment.hour = of_day / 3600000;
  moment.minute = of_day / 60000 % 60;
  moment.second = of_day / 1000 % 60;
  moment.ms = of_day % 1000;
  return moment;
}

/* A separator (or "") and a number in so many digits. */
static void add_digits(struct text *out, const char *before, int number,
                       int width) {
  char digits[4];
  text_str(out, before);
  for (int i = width; i-- > 0; number /= 10)
    digits[i] = (char)('0' + number % 10);
  text_add(out, digits, (size_t)width);
}

static void add_time(struct text *out, const struct moment *moment) {
  add_digits(out, "", moment->hour, 2);
  add_digits(out, ":", moment->minute, 2);
  add_digits(out, ":", moment->second, 2);
}

void answer_date(struct text *out, int64_t wall_us) {
  static const char days[] = "SunMonTueWedThuFriSat";
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  struct moment moment = moment_of(wall_us);
  text_add(out, days + 3 * moment.weekday, 3);
  add_digits(out, ", ", moment.day, 2);
  text_char(out, ' ');
  text_add(out, months + 3 * moment.month, 3);
  add_digits(out, " ", moment.year, 4);
  text_char(out, ' ');
  add_time(out, &moment);
  text_str(out, " GMT");
}

void answer_date_iso(struct text *out, int64_t wall_us) {
  struct moment moment = moment_of(wall_us);
  add_digits(out, "", moment.year, 4);
  add_digits(out, "-", moment.month + 1, 2);
  add_digits(out, "-", moment.day, 2);
  text_char(out, 'T');
  add_time(out, &moment);
  add_digits(out, ".", moment.ms, 3);
  text_char(out, 'Z');
}
