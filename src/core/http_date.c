/* http_date: a moment in the two forms that hedgerow writes, and the three that
 * it reads.
 *
 * gmtime(), strftime() and strptime() would do, but core/ calls nothing that
 * knows of clocks, zones or locales, and names of days in another language
 * would make a Date field wrong. The Gregorian calendar is short enough to be
 * said here.
 *
 * A form that is read is a text in which %LETTER stands for a part, with
 * strptime's letters. The day of the week must be one, and is not compared with
 * the date: nothing depends on it.
 *
 * The year is guessed from below by years of 366 days, and counted up from
 * there: once or twice in this century, never more than a few times in the next
 * ones. Leap seconds do not exist here, as they do not in POSIX time. */
#include "core/http_date.h"

#include "core/http_head.h"

static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                   "Thursday", "Friday", "Saturday"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

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

static int days_in(int64_t year, int month) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return lengths[month] + (month == 1 && is_leap(year));
}

static void set_day(struct moment *moment, int64_t day) {
  moment->weekday = (int)((day + 4) % 7); /* 1970 began on a Thursday */
  int64_t year = 1970 + day / 366;
  while (day >= days_before(year + 1)) year++;
  int rest = (int)(day - days_before(year)), month = 0;
  for (; rest >= days_in(year, month); month++) rest -= days_in(year, month);
  moment->year = (int)year;
  moment->month = month;
  moment->day = rest + 1;
}

static int64_t us_of(const struct moment *moment) {
  int64_t day = days_before(moment->year) + moment->day - 1;
  for (int month = 0; month < moment->month; month++)
    day += days_in(moment->year, month);
  int64_t s = ((day * 24 + moment->hour) * 60 + moment->minute) * 60;
  s += moment->second;
  return s < 0 ? 0 : s * 1000000;
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

/* ---- writing ---- */

/* Over so many places of a stamp. */
static inline void put_digits(char *at, int width, int number) {
  unsigned rest = (unsigned)number;
  for (int i = width; i-- > 0; rest /= 10) at[i] = (char)('0' + rest % 10);
}

static void put_time(char *at, const struct moment *moment) {
  put_digits(at, 2, moment->hour);
  put_digits(at + 3, 2, moment->minute);
  put_digits(at + 6, 2, moment->second);
}

void http_date_write(struct text *out, int64_t wall_us) {
  char stamp[] = "Day, dd Mon yyyy hh:mm:ss GMT";
  const struct moment moment = moment_of(wall_us);
  memcpy(stamp, days[moment.weekday], 3);
  put_digits(stamp + 5, 2, moment.day);
  memcpy(stamp + 8, months[moment.month], 3);
  put_digits(stamp + 12, 4, moment.year);
  put_time(stamp + 17, &moment);
  text_add(out, stamp, sizeof stamp - 1);
}

void http_date_write_iso(struct text *out, int64_t wall_us) {
  char stamp[] = "yyyy-mm-ddThh:mm:ss.mmmZ";
  const struct moment moment = moment_of(wall_us);
  put_digits(stamp, 4, moment.year);
  put_digits(stamp + 5, 2, moment.month + 1);
  put_digits(stamp + 8, 2, moment.day);
  put_time(stamp + 11, &moment);
  put_digits(stamp + 20, 3, moment.ms);
  text_add(out, stamp, sizeof stamp - 1);
}

/* ---- reading ---- */

static bool take(struct slice *rest, struct slice word) {
  if (!slice_starts_with(*rest, word)) return false;
  *rest = slice_from(*rest, word.len);
  return true;
}

/* The number of the name that comes; of each the first `len` bytes count. */
static bool take_name(struct slice *rest, const char *const *names, int count,
                      size_t len, int *number) {
  for (*number = 0; *number < count; (*number)++) {
    const char *name = names[*number];
    if (take(rest, (struct slice){name, strnlen(name, len)})) return true;
  }
  return false;
}

static bool take_digits(struct slice *rest, size_t width, int *number) {
  uint64_t value = 0;
  if (rest->len < width ||
      !http_parse_length((struct slice){rest->at, width}, &value))
    return false;
  *rest = slice_from(*rest, width);
  *number = (int)value;
  return true;
}

static bool take_part(struct slice *rest, char part, struct moment *moment) {
  switch (part) {
    case 'A': return take_name(rest, days, 7, SIZE_MAX, &moment->weekday);
    case 'a': return take_name(rest, days, 7, 3, &moment->weekday);
    case 'b': return take_name(rest, months, 12, 3, &moment->month);
    case 'Y': return take_digits(rest, 4, &moment->year);
    case 'y': return take_digits(rest, 2, &moment->year);
    case 'd': return take_digits(rest, 2, &moment->day);
    case 'e':
      return take_digits(rest, take(rest, slice_of(" ")) ? 1 : 2, &moment->day);
    case 'H': return take_digits(rest, 2, &moment->hour);
    case 'M': return take_digits(rest, 2, &moment->minute);
    default: return take_digits(rest, 2, &moment->second);
  }
}

static bool is_moment(const struct moment *moment) {
  return moment->day >= 1 &&
         moment->day <= days_in(moment->year, moment->month) &&
         moment->hour < 24 && moment->minute < 60 && moment->second <= 60;
}

static bool read_form(struct slice rest, const char *form,
                      struct moment *moment) {
  for (; *form; form++) {
    bool taken = *form == '%' ? take_part(&rest, *++form, moment)
                              : take(&rest, (struct slice){form, 1});
    if (!taken) return false;
  }
  return rest.len == 0;
}

/* The last year with these two digits that is at most 50 years ahead. */
static int whole_year(int digits, int64_t wall_us) {
  int last = moment_of(wall_us).year + 50;
  return last - (last - digits) % 100;
}

bool http_date_read(struct slice value, int64_t wall_us, int64_t *us) {
  struct moment moment = {0};
  if (read_form(value, "%A, %d-%b-%y %H:%M:%S GMT", &moment))
    moment.year = whole_year(moment.year, wall_us);
  else if (!read_form(value, "%a, %d %b %Y %H:%M:%S GMT", &moment) &&
           !read_form(value, "%a %b %e %H:%M:%S %Y", &moment))
    return false;
  if (!is_moment(&moment)) return false;
  *us = us_of(&moment);
  return true;
}
