# How we compile. Every choice here is about speed of the build or safety of the
# result; sources and links are in the folders' own CMakeLists.txt.
set(TROUPE_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")

# Asserts stay on in release: a wrong belief must stop the node, not lose work.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")
add_compile_options(-Wall -Wextra -Wpedantic -Werror)

if(TROUPE_SANITIZE)
  add_compile_options(-fsanitize=${TROUPE_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TROUPE_SANITIZE})
  if(TROUPE_SANITIZE MATCHES "undefined")
    # CAF 0.17's init_fun_factory binds references to null; harmless, not ours.
    add_compile_options(-fno-sanitize=null)
  endif()
endif()

find_program(TROUPE_MOLD mold)
if(TROUPE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_program(TROUPE_CCACHE ccache)
if(TROUPE_CCACHE)
  # The sloppiness lets ccache serve files that use a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${TROUPE_CCACHE})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()
