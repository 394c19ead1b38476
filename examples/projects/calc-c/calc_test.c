#include "calc.h"

#include <stdio.h>

static int failures;

static void expect(const char *text, enum calc_error error, long value) {
  long found = 0;
  enum calc_error how = calc(text, &found);
  if (how == error && (error != CALC_OK || found == value))
    return;
  printf("`%s` is %ld (%s)\n", text, found, calc_message(how));
  ++failures;
}

int main(void) {
  expect("1 + 2 * 3", CALC_OK, 7);
  expect("(1 + 2) * 3", CALC_OK, 9);
  expect("20 / 2 / 5", CALC_OK, 2);
  expect("7 - 10", CALC_OK, -3);
  expect("1 / (2 - 2)", CALC_DIVISION, 0);
  expect("2 *", CALC_SYNTAX, 0);
  expect("(2", CALC_SYNTAX, 0);
  expect("2 2", CALC_SYNTAX, 0);
  printf("8 checks, %d failed\n", failures);
  return failures > 0;
}
