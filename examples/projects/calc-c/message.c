#include "calc.h"

const char *calc_message(enum calc_error error) {
  switch (error) {
  case CALC_OK:
    return "ok";
  case CALC_SYNTAX:
    return "this is no expression";
  case CALC_DIVISION:
    return "division by zero";
  }
  return "unknown";
}
