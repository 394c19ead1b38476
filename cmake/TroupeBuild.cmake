# How we compile. Every choice here is about speed of the build or safety of the
# result; sources and links are in the folders' own CMakeLists.txt.
set(TROUPE_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")
option(TROUPE_SANITIZE_BRISK "Leave out the checks that are slow to compile" OFF)
set(TROUPE_OPTIMISE "-O2 -g1" CACHE STRING "What Release means")

# Asserts stay on in release: a wrong belief must stop the node, not lose work.
set(CMAKE_CXX_FLAGS_RELEASE "${TROUPE_OPTIMISE}")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")
add_compile_options(-Wall -Wextra -Wpedantic -Werror)
# The same bytes wherever the tree lies: a fresh clone finds its objects in the
# compiler cache, and no path of the builder's machine gets into a binary.
add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
# GCC collects its own garbage after every few MB that a template makes; letting
# it wait for 512 MB takes a twelfth off the time of a build.
add_compile_options(
  "$<$<CXX_COMPILER_ID:GNU>:SHELL:--param ggc-min-heapsize=524288>")

# Deliberate bugs, chosen at run time, that the tests must see: for the preset
# that is tested only. Nobody runs a node with sanitizers.
option(TROUPE_MUTANTS "Compile deliberate bugs in; see src/core/mutant.hpp" OFF)
if(TROUPE_MUTANTS AND NOT TROUPE_SANITIZE)
  message(FATAL_ERROR "TROUPE_MUTANTS is for builds with TROUPE_SANITIZE only")
endif()

# troupe_mutants(<sources>...): of this folder, those that hold some.
function(troupe_mutants)
  if(TROUPE_MUTANTS)
    set_property(SOURCE ${ARGN} APPEND PROPERTY
      COMPILE_DEFINITIONS TROUPE_MUTANTS)
  endif()
endfunction()

if(TROUPE_SANITIZE)
  add_compile_options(-fsanitize=${TROUPE_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  # GCC 12 sees it in libstdc++'s std::regex once the checks are in the way;
  # release builds keep the warning.
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  # Asio's fences, which that sanitizer does not model; its locks it does.
  if(TROUPE_SANITIZE MATCHES "thread")
    add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
  string(REPLACE ",fuzzer-no-link" "" linked "${TROUPE_SANITIZE}")
  add_link_options(-fsanitize=${linked})
  if(TROUPE_SANITIZE MATCHES "undefined")
    # CAF 0.17's init_fun_factory binds references to null; harmless, not ours.
    set(unchecked null)
    if(TROUPE_SANITIZE_BRISK)
      # Half of the time of a build, mostly for the templates of others; what
      # they find, the address sanitizer or x86 does not mind. asan has them.
      string(APPEND unchecked ",alignment,pointer-overflow,object-size")
      add_compile_options(
        "$<$<CXX_COMPILER_ID:GNU>:SHELL:--param asan-instrumentation-with-call-threshold=0>")
    endif()
    add_compile_options(-fno-sanitize=${unchecked})
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
      CCACHE_SLOPPINESS=pch_defines,time_macros
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${TROUPE_CCACHE})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()

# Ninja starts two jobs more than there are cores; a file that includes CAF
# needs over 1 GB with sanitizers, so small machines would swap.
cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
set_property(GLOBAL PROPERTY JOB_POOLS compile=${cores} link=${cores})
set(CMAKE_JOB_POOL_COMPILE compile)
set(CMAKE_JOB_POOL_LINK link)

# troupe_loads_plugins(<program>): libraries that it loads find in it what
# <troupe/agent.hpp> declares.
function(troupe_loads_plugins program)
  set(list "${PROJECT_SOURCE_DIR}/cmake/plugin_symbols.list")
  target_link_options(${program} PRIVATE "LINKER:--dynamic-list=${list}")
  set_property(TARGET ${program} APPEND PROPERTY LINK_DEPENDS "${list}")
endfunction()
