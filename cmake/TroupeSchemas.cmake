# Puts the files of docs/schemas into the program: `troupe schema NAME`, and
# what the node says of its API.
# troupe_schemas(<target>): adds a source with all of them.
function(troupe_schemas target)
  file(GLOB files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/schemas/*.json")
  set(rows "")
  foreach(path IN LISTS files)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${path}")
    get_filename_component(name "${path}" NAME_WE)
    file(READ "${path}" text)
    string(APPEND rows "    {\"${name}\", R\"json(${text})json\"},\n")
  endforeach()
  set(out "${CMAKE_CURRENT_BINARY_DIR}/answer_schemas.cpp")
  file(GENERATE OUTPUT "${out}" CONTENT
"// Made from docs/schemas by cmake/TroupeSchemas.cmake.
#include \"core/answer_schemas.hpp\"

namespace troupe::core {

const std::vector<std::pair<std::string_view, std::string_view>>&
answer_schemas() {
  static const std::vector<std::pair<std::string_view, std::string_view>> all{
${rows}  };
  return all;
}

} // namespace troupe::core
")
  target_sources(${target} PRIVATE "${out}")
endfunction()
