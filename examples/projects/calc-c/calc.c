#include "calc.h"

#include <ctype.h>

/* Recursive descent: sum = product (('+' | '-') product)*, and so on down. */

struct reader {
  const char *at;
  enum calc_error error;
};

static long sum(struct reader *in);

static char next(struct reader *in) {
  while (isspace((unsigned char)*in->at))
    ++in->at;
  return *in->at;
}

static long fail(struct reader *in, enum calc_error error) {
  if (in->error == CALC_OK)
    in->error = error;
  return 0;
}

static long number(struct reader *in) {
  long value = 0;
  if (next(in) == '(') {
    ++in->at;
    value = sum(in);
    if (next(in) != ')')
      return fail(in, CALC_SYNTAX);
    ++in->at;
    return value;
  }
  if (!isdigit((unsigned char)*in->at))
    return fail(in, CALC_SYNTAX);
  while (isdigit((unsigned char)*in->at))
    value = value * 10 + (*in->at++ - '0');
  return value;
}

static long product(struct reader *in) {
  long value = number(in);
  while (in->error == CALC_OK && (next(in) == '*' || *in->at == '/')) {
    char sign = *in->at++;
    long right = number(in);
    if (sign == '/' && right == 0)
      return fail(in, CALC_DIVISION);
    value = sign == '*' ? value * right : value / right;
  }
  return value;
}

static long sum(struct reader *in) {
  long value = product(in);
  while (in->error == CALC_OK && (next(in) == '+' || *in->at == '-')) {
    char sign = *in->at++;
    long right = product(in);
    value = sign == '+' ? value + right : value - right;
  }
  return value;
}

enum calc_error calc(const char *text, long *value) {
  struct reader in = {text, CALC_OK};
  *value = sum(&in);
  if (in.error == CALC_OK && next(&in) != '\0')
    in.error = CALC_SYNTAX;
  return in.error;
}
