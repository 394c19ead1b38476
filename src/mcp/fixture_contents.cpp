#include "mcp/fixtures.hpp"

namespace troupe::mcp::fixtures {

using nlohmann::json;

const char* const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FD"
  "AAAAAElFTkSuQmCC";

namespace {

/// Four samples of silence.
constexpr auto silence = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0"
                         "YQgAAAAAAAAAAAAAAA==";

json text(std::string_view said) {
  return {{"type", "text"}, {"text", said}};
}

json image() {
  return {{"type", "image"}, {"data", pixel}, {"mimeType", "image/png"}};
}

json embedded(std::string_view uri, std::string_view media,
              std::string_view said) {
  return {{"type", "resource"},
          {"resource", {{"uri", uri}, {"mimeType", media}, {"text", said}}}};
}

handler says(json content) {
  return [content = std::move(content)](const request_ptr& r) {
    r->succeed({{"content", content}});
  };
}

tool rich_schema() {
  auto out =
    make("json_schema_2020_12_tool", "Tool with JSON Schema 2020-12 features",
         {}, says(json::array({text("checked")})));
  out.input_schema = json::parse(R"({
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": {"$anchor": "addressDef", "type": "object",
      "properties": {"street": {"type": "string"},
                     "city": {"type": "string"}}}},
    "properties": {"name": {"type": "string"},
      "address": {"$ref": "#/$defs/address"},
      "contactMethod": {"type": "string", "enum": ["phone", "email"]},
      "phone": {"type": "string"}, "email": {"type": "string"}},
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}},
           "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": false})");
  return out;
}

tool repeated_in_headers() {
  auto out = make("test_x_mcp_header", "Has arguments that HTTP headers repeat",
                  {"region"}, says(json::array({text("the headers fit")})));
  out.input_schema["properties"]["region"]["x-mcp-header"] = "Region";
  return out;
}

// -- resources

resource fixed(std::string uri, std::string name, std::string media,
               std::string said) {
  auto read = [media, said](const request_ptr& r,
                            const std::vector<std::string>&) {
    answer_text(r, media, said);
  };
  return {std::move(uri),   name,           name, "for tests",
          std::move(media), std::move(read)};
}

void read_pixel(const request_ptr& r, const std::vector<std::string>&) {
  json content{{"uri", text_of(r->params, "uri")},
               {"mimeType", "image/png"},
               {"blob", pixel}};
  json result{{"contents", json::array({std::move(content)})}};
  if (r->spoken == era::modern) {
    result["ttlMs"] = 0;
    result["cacheScope"] = "public";
  }
  r->succeed(std::move(result));
}

void read_template(const request_ptr& r,
                   const std::vector<std::string>& parts) {
  json data{{"id", parts.at(0)},
            {"templateTest", true},
            {"data", "Data for ID: " + parts.at(0)}};
  answer_text(r, "application/json", to_line(data));
}

// -- prompts

json user(json content) {
  return {{"role", "user"}, {"content", std::move(content)}};
}

void answer_messages(const request_ptr& r, json messages) {
  r->succeed({{"messages", std::move(messages)}});
}

std::string given(const request_ptr& r, std::string_view name) {
  return text_of(member(r->params, "arguments"), name);
}

void prompt_of_arguments(const request_ptr& r) {
  answer_messages(
    r, json::array({user_says("Prompt with arguments: arg1='" + given(r, "arg1")
                              + "', arg2='" + given(r, "arg2") + "'")}));
}

void prompt_of_resource(const request_ptr& r) {
  answer_messages(
    r, json::array({user(embedded(given(r, "resourceUri"), "text/plain",
                                  "Embedded resource content for testing.")),
                    user_says("Please process the embedded resource above.")}));
}

void prompt_of_answer(const request_ptr& r) {
  const auto& said = r->answer("user_context");
  if (said.is_null())
    return r->ask({{"user_context",
                    elicit("What context should the prompt use?",
                           {{"context", {{"type", "string"}}}}, {"context"})}},
                  nullptr);
  answer_messages(
    r, json::array({user_says("In this context: "
                              + text_of(member(said, "content"), "context"))}));
}

} // namespace

tool make(std::string name, std::string description,
          std::vector<std::string> fields, handler run) {
  json schema{{"type", "object"}, {"properties", json::object()}};
  for (const auto& x : fields)
    schema["properties"][x] = {{"type", "string"}};
  auto title = name;
  return {std::move(name),   std::move(title), std::move(description),
          std::move(schema), json::object(),   task_use::never,
          std::move(run)};
}

tools content_tools() {
  return {
    make(
      "test_simple_text", "Answers with a text", {},
      says(json::array({text("This is a simple text response for testing.")}))),
    make("test_image_content", "Answers with an image", {},
         says(json::array({image()}))),
    make(
      "test_audio_content", "Answers with a sound", {},
      says(json::array(
        {{{"type", "audio"}, {"data", silence}, {"mimeType", "audio/wav"}}}))),
    make(
      "test_embedded_resource", "Answers with a resource", {},
      says(json::array({embedded("test://embedded-resource", "text/plain",
                                 "This is an embedded resource content.")}))),
    make("test_multiple_content_types", "Answers with several kinds", {},
         says(json::array(
           {text("Multiple content types test:"), image(),
            embedded("test://mixed-content-resource", "application/json",
                     R"({"test":"data","value":123})")}))),
    make("test_error_handling", "Fails", {},
         [](const request_ptr& r) {
           r->succeed(text_result(
             "This tool intentionally returns an error for testing", true));
         }),
    rich_schema(),
    repeated_in_headers(),
  };
}

resources all_resources() {
  return {
    fixed("test://static-text", "static-text", "text/plain",
          "This is the content of the static text resource."),
    {"test://static-binary", "static-binary", "static-binary", "for tests",
     "image/png", read_pixel},
    fixed("test://watched-resource", "watched-resource", "text/plain",
          "Watched resource content"),
    {"test://template/{id}/data", "template", "template", "for tests",
     "application/json", read_template},
  };
}

prompts all_prompts() {
  auto simple = [](const request_ptr& r) {
    answer_messages(
      r, json::array({user_says("This is a simple prompt for testing.")}));
  };
  auto with_image = [](const request_ptr& r) {
    answer_messages(
      r, json::array(
           {user(image()), user_says("Please analyze the image above.")}));
  };
  return {
    {"test_simple_prompt", "Simple", "A prompt without arguments", {}, simple},
    {"test_prompt_with_arguments",
     "With arguments",
     "A prompt with two arguments",
     {{"arg1", "first test argument", true},
      {"arg2", "second test argument", true}},
     prompt_of_arguments},
    {"test_prompt_with_embedded_resource",
     "With a resource",
     "A prompt with a resource in it",
     {{"resourceUri", "address of the resource", true}},
     prompt_of_resource},
    {"test_prompt_with_image",
     "With an image",
     "A prompt with an image in it",
     {},
     with_image},
    {"test_input_required_result_prompt",
     "With an answer",
     "A prompt that needs an answer of the user",
     {},
     prompt_of_answer},
  };
}

} // namespace troupe::mcp::fixtures
