# The modules of src/ in building order. A module may use modules of lower
# layers, and of its own layer only those that stand before it; configuring
# fails otherwise, so there can be no cycle. docs/architecture.md draws the
# same list, and scripts/lint checks #includes against it.
set(TRITONTUBE_LAYERS base foundation core domain transport adapters services endpoints app)

# tritontube_module(<name> LAYER <layer> [SOURCES ...] [TESTS ...] [USES ...] [LIBRARIES ...] [TEST_USES ...])
#
# Adds the static library tritontube::<name> from this folder, and, from TESTS,
# the program <name>_test with one CTest case per gtest case. USES names our own
# modules, LIBRARIES other people's targets, TEST_USES what only the tests link.
function(tritontube_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LAYER" "SOURCES;TESTS;USES;LIBRARIES;TEST_USES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${name}: unknown words ${arg_UNPARSED_ARGUMENTS}")
  endif()
  list(FIND TRITONTUBE_LAYERS "${arg_LAYER}" layer)
  if(layer EQUAL -1)
    message(FATAL_ERROR "${name}: LAYER '${arg_LAYER}' is not one of ${TRITONTUBE_LAYERS}")
  endif()

  if(arg_SOURCES)
    add_library(tritontube_${name} STATIC ${arg_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(tritontube_${name} PRIVATE tritontube_compile_options)
    tritontube_precompile(tritontube_${name})
  else()
    add_library(tritontube_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(tritontube::${name} ALIAS tritontube_${name})
  set_property(TARGET tritontube_${name} PROPERTY TRITONTUBE_LAYER ${layer})
  set_property(TARGET tritontube_${name} PROPERTY TRITONTUBE_USES "${arg_USES}")
  target_link_libraries(tritontube_${name} ${scope} ${arg_LIBRARIES})

  foreach(used IN LISTS arg_USES)
    if(NOT TARGET tritontube_${used})
      message(FATAL_ERROR "${name} uses ${used}, which is not defined before it")
    endif()
    get_property(used_layer TARGET tritontube_${used} PROPERTY TRITONTUBE_LAYER)
    if(used_layer GREATER layer)
      message(FATAL_ERROR "${name} (${arg_LAYER}) may not use ${used}: its layer is not lower")
    endif()
    target_link_libraries(tritontube_${name} ${scope} tritontube::${used})
  endforeach()

  if(arg_TESTS AND BUILD_TESTING)
    tritontube_test(${name} SOURCES ${arg_TESTS} USES ${name} ${arg_TEST_USES})
  endif()
endfunction()

# tritontube_test(<name> SOURCES ... USES ... [LIBRARIES ...] [LABELS ...] [TIMEOUT seconds])
#
# Labels: `unit` when nothing is said. `integration` (the real ffmpeg) and `durability` (processes that are killed, and
# simulated clusters) run in a release build, `optimized` under sanitizers and there; the target integration_tests
# builds all of these.
add_custom_target(integration_tests)
function(tritontube_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;USES;LIBRARIES;LABELS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  add_executable(${name}_test ${arg_SOURCES})
  list(TRANSFORM arg_USES PREPEND tritontube::)
  target_link_libraries(${name}_test PRIVATE ${arg_USES} ${arg_LIBRARIES} tritontube_compile_options
                                             GTest::gmock GTest::gtest_main)
  tritontube_precompile(${name}_test TEST)
  if(NOT arg_LABELS STREQUAL unit)
    add_dependencies(integration_tests ${name}_test)
  endif()
  gtest_discover_tests(
    ${name}_test
    TEST_PREFIX "${name}."
    DISCOVERY_MODE PRE_TEST
    PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
endfunction()

# tritontube_fuzz(<name> SOURCES ... USES ... [LIBRARIES ...] [CORPUS folder])
#
# A program <name>_fuzz around LLVMFuzzerTestOneInput and the test fuzz.<name>,
# which runs it for TRITONTUBE_FUZZ_SECONDS (environment, default 20) from the
# inputs in CORPUS. Only in builds with TRITONTUBE_FUZZ, that is, asan.
function(tritontube_fuzz name)
  if(NOT TRITONTUBE_FUZZ OR NOT BUILD_TESTING)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "CORPUS" "SOURCES;USES;LIBRARIES")
  add_executable(${name}_fuzz ${arg_SOURCES})
  list(TRANSFORM arg_USES PREPEND tritontube::)
  target_link_libraries(${name}_fuzz PRIVATE ${arg_USES} ${arg_LIBRARIES} tritontube_compile_options)
  target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  tritontube_precompile(${name}_fuzz)

  # What a run finds goes to the build folder; the corpus in the repository is only read.
  set(found ${CMAKE_BINARY_DIR}/fuzz/${name})
  file(MAKE_DIRECTORY ${found})
  if(arg_CORPUS)
    cmake_path(ABSOLUTE_PATH arg_CORPUS)
  endif()
  add_test(
    NAME fuzz.${name}
    COMMAND
      sh -c
      "exec $<TARGET_FILE:${name}_fuzz> -max_total_time=\${TRITONTUBE_FUZZ_SECONDS:-20} -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=${found}/ ${found} ${arg_CORPUS}")
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 1200)
endfunction()

# tritontube_precompile(<target> [TEST])
#
# Every target shares one precompiled header of the libraries that are in
# nearly every file (the standard library, fmt, Asio's coroutines); tests share
# one that has gtest and gmock as well.
function(tritontube_precompile target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TEST" "" "")
  if(arg_TEST)
    set(shared tritontube_precompiled_tests)
  else()
    set(shared tritontube_precompiled)
  endif()
  if(TARGET ${shared})
    target_precompile_headers(${target} REUSE_FROM ${shared})
    target_link_libraries(${target} PRIVATE Boost::headers fmt::fmt)
  endif()
endfunction()
