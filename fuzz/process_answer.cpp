#include "services/process_contract.hpp"

#include <nlohmann/json.hpp>

#include "input.hpp"

// What a process says: its output, its errors, its exit code.

using namespace troupe;
using fuzz::must;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = fuzz::text_of(data, size);
  auto cut = text.find('\0');
  services::run_end end;
  end.code = cut == text.npos ? 0 : static_cast<int>(size - cut) % 3;
  end.output = std::string{text.substr(0, cut)};
  if (cut != text.npos)
    end.errors = end.last_lines = std::string{text.substr(cut + 1)};
  auto code = end.code;
  auto wrapped = services::judge(end, "agent", services::answer_form::envelope);
  if (wrapped.what == verdict::done)
    must(nlohmann::json::accept(wrapped.output)
           && (wrapped.more.empty() || nlohmann::json::accept(wrapped.more)),
         "an envelope holds JSON");
  auto result = services::judge(std::move(end), "agent");
  if (result.what == verdict::done) {
    must(code == 0, "a failed exit is no success");
    must(nlohmann::json::accept(result.output), "an output is JSON");
  }
  if (result.what == verdict::failed)
    must(!result.error.message.empty(), "a failure has words");
  return 0;
}
